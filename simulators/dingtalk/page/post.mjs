/** Does what a person does on the page; gives the answer, or `{error}` with the reason of a refusal. */
export async function postAct(path, order) {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    return await answer.json();
  } catch {
    return { error: 'The simulator is not there.' };
  }
}
