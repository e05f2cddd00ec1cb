/** Starts the resident page. */
import { render } from 'preact';
import { applyPrefs } from '../lib/prefs';
import { chat } from './app';
import { App } from './page';

applyPrefs();
chat.socket.start();
const root = document.getElementById('app');
if (root) render(<App />, root);
