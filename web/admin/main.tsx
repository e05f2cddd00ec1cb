/** Starts the list desk. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { applyPrefs } from '../lib/prefs';
import { begin, work } from './app';
import { App } from './page';
import { t } from './text';

applyPrefs();
effect(() => {
  const open = work.value;
  document.title = open ? `${open.dirty.value ? '● ' : ''}${open.key} · ${t('title')}` : t('title');
});
const root = document.getElementById('app');
if (root) render(<App />, root);
void begin();
