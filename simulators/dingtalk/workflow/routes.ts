import type { Route } from '../call.ts';
import { ACT_ROUTES } from './acts-api.ts';
import { FILE_ROUTES } from './files-api.ts';
import { FORECAST_ROUTE } from './forecast-api.ts';
import { FORM_ROUTES } from './forms-api.ts';
import { INSTANCE_ROUTES } from './instances-api.ts';
import { START_ROUTE } from './start-api.ts';

/** Every path of OA approval that this simulator speaks. */
export const WORKFLOW_ROUTES: readonly Route[] = [
  ...FORM_ROUTES,
  START_ROUTE,
  ...INSTANCE_ROUTES,
  ...ACT_ROUTES,
  FORECAST_ROUTE,
  ...FILE_ROUTES,
];
