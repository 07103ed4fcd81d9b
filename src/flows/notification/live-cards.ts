import type { DirectoryDestination, DirectoryOrg } from '#store/directory.ts';

/**
 * Whether a destination shows a live card that is updated in place: a group of the app, and for
 * payments also a person, where the app has a card template. Everywhere else each notice is a message.
 */
export function showsCards(
  org: DirectoryOrg,
  { config }: DirectoryDestination,
  about: 'movement' | 'payment',
): boolean {
  if (config.kind === 'robot') return false;
  if (config.kind === 'appGroup' && config.style !== 'card') return false;
  if (config.kind === 'person' && about === 'movement') return false;
  return org.apps.get(config.appId)?.cardTemplateId !== undefined;
}
