import { readFileSync } from 'node:fs';

/** Puts the page together as one document that asks nobody else for anything. */
export function renderPage(): string {
  const read = (name: string): string =>
    readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
  // Functions as replacements, because a dollar sign in the script would be a pattern otherwise.
  return read('page.html')
    .replace('/* style.css */', () => read('style.css'))
    .replace('/* script.js */', () => read('script.js'));
}
