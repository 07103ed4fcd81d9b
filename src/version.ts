import packageJson from '../package.json' with { type: 'json' };

/** Version of this program, as the package says. */
export const VERSION: string = packageJson.version;
