import { failOnLeftOvers } from './servers.ts';

failOnLeftOvers();
