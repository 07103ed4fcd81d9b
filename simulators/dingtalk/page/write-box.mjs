import { postAct } from './post.mjs';

/**
 * The box at the foot of a conversation: a person writes to the robot, in a group with its mention or
 * alone with it. `choosePerson` is called when somebody else is to write.
 */
export function createWriteBox({ form, choosePerson }) {
  const part = (id) => form.querySelector(`#${id}`);
  const [line, person, robot, addressee, note] = [
    'line',
    'writer',
    'robot',
    'addressee',
    'write-note',
  ].map(part);
  let conversation;
  const robotOf = () => conversation.robots.find(({ robotCode }) => robotCode === robot.value);
  const address = () => {
    const name = robotOf()?.name ?? '';
    addressee.textContent = conversation.personal ? `To ${name}` : `@${name}`;
  };
  const say = (text) => {
    note.textContent = text;
  };
  async function send(event) {
    event.preventDefault();
    const order = { userId: person.value, robotCode: robot.value, text: line.value };
    const group = conversation.personal ? {} : { group: conversation.id };
    const answer = await postAct('/_page/robot-message', { ...group, ...order });
    if (answer.error) return say(answer.error);
    line.value = '';
    say(answer.outcome === 'lost' ? `Nobody heard it: ${robotOf()?.name} is not connected.` : '');
  }
  form.addEventListener('submit', send);
  person.addEventListener('change', () => choosePerson(person.value));
  robot.addEventListener('change', address);
  return {
    /** Shows who writes where; the line keeps what was begun. */
    show(shown, people, viewer) {
      conversation = shown;
      const { robots } = conversation;
      form.classList.toggle('closed', robots.length === 0);
      person.replaceChildren(...people.map(({ id, name }) => new Option(name, id)));
      person.value = viewer;
      robot.replaceChildren(...robots.map((one) => new Option(one.name, one.robotCode)));
      robot.parentElement.hidden = robots.length < 2;
      address();
      say(robots.length === 0 ? 'No app robot is in this group to write to.' : '');
    },
  };
}
