/** What of the open record is another city's own and so read only for an editor of one city; the server refuses
 *  it (`knowledge/editing/cities.py`). */
import type { JSX } from 'preact';
import { Icon } from '../lib/icons';
import type { City } from '../lib/types';
import type { Json } from './api';
import { editor } from './app';
import { t } from './text';
import type { Work } from './work';

/** A city the editor has no say in; no city at all is not foreign. */
export const foreign = (city: Json | undefined): boolean => typeof city === 'string' && city !== '' && !editor.value?.cities.includes(city as City);

/** Whether only another city handles the matter: then what both have in common is that city's. */
export function commonForeign(work: Work): boolean {
  const { body, draft } = work.shown.value;
  const cities = ((body ?? draft?.body ?? work.body.value).cities ?? {}) as Record<string, Json>;
  const handling = Object.keys(cities).filter((city) => cities[city]);
  return handling.length === 1 && foreign(handling[0]);
}

/** Whether a place, contact or offer is another city's. */
export const recordForeign = (work: Work): boolean => [work.shown.value.body, work.shown.value.draft?.body].some((body) => foreign(body?.city));

export const ForeignMark = (): JSX.Element => <span class="foreign"><Icon name="shield" />{t('city.foreign')}</span>;
