/** Starts the desk page. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { applyPrefs } from '../lib/prefs';
import { begin, session } from './app';
import { App } from './page';
import { t } from './text';

applyPrefs();
effect(() => {
  if (session.value !== 'in') document.title = t('title');
});
const root = document.getElementById('app');
if (root) render(<App />, root);
void begin();
