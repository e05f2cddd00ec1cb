/** What the agent chose for his desk on this device. */
import { signal } from '@preact/signals';
import { store } from '../lib/prefs';

const flag = (key: string) => signal(store.get(key) !== '0');

export const sound = flag('sg.desk.sound');
export const flash = flag('sg.desk.flash');
export const singleKeys = flag('sg.desk.keys');

const KEYS = { sound: 'sg.desk.sound', flash: 'sg.desk.flash', singleKeys: 'sg.desk.keys' } as const;
const SIGNALS = { sound, flash, singleKeys };

export function setFlag(name: keyof typeof KEYS, on: boolean): void {
  SIGNALS[name].value = on;
  store.set(KEYS[name], on ? null : '0');
}
