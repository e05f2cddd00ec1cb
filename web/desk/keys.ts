/**
 * Shortcuts: which key does what. With Alt they work everywhere, also while writing; a bare key only
 * where nothing is being written, and only if the agent has left single keys on. Keys are read by
 * their place (`code`), so that the Option key of a Mac, which writes `å` for A, does no harm.
 */
export type Command =
  | 'accept' | 'decline' | 'tab1' | 'tab2' | 'tab3' | 'next' | 'reply' | 'thread' | 'newest' | 'info'
  | 'search' | 'phrases' | 'end' | 'release' | 'mute' | 'camera' | 'hangup' | 'enlarge' | 'devices'
  | 'online' | 'away' | 'offline' | 'queue' | 'lang' | 'settings' | 'help' | 'send_report' | 'logout';

export interface Shortcut { command: Command; group: 'offer' | 'talk' | 'side' | 'video' | 'desk'; code: string; label: string; ctrl?: boolean; shift?: boolean }

const alt = (command: Command, group: Shortcut['group'], code: string, shift = false): Shortcut => {
  const key = code.replace(/^(Key|Digit)/, '').replace('Slash', '/').replace('Comma', ',');
  return { command, group, code, shift, label: `Alt+${shift ? 'Shift+' : ''}${key}` };
};

export const SHORTCUTS: readonly Shortcut[] = [
  alt('accept', 'offer', 'KeyA'),
  alt('decline', 'offer', 'KeyX'),
  alt('tab1', 'talk', 'Digit1'),
  alt('tab2', 'talk', 'Digit2'),
  alt('tab3', 'talk', 'Digit3'),
  alt('next', 'talk', 'KeyN'),
  alt('reply', 'talk', 'KeyR'),
  alt('thread', 'talk', 'KeyT'),
  alt('newest', 'talk', 'KeyJ'),
  alt('end', 'talk', 'KeyE'),
  alt('release', 'talk', 'KeyB'),
  { command: 'send_report', group: 'talk', code: 'Enter', ctrl: true, label: 'Ctrl+Enter' },
  alt('info', 'side', 'KeyI'),
  alt('search', 'side', 'KeyS'),
  alt('phrases', 'side', 'KeyQ'),
  alt('queue', 'side', 'KeyW'),
  alt('mute', 'video', 'KeyM'),
  alt('camera', 'video', 'KeyV'),
  alt('hangup', 'video', 'KeyH'),
  alt('enlarge', 'video', 'KeyF'),
  alt('devices', 'video', 'KeyK'),
  alt('online', 'desk', 'KeyO'),
  alt('away', 'desk', 'KeyY'),
  alt('offline', 'desk', 'KeyL'),
  alt('lang', 'desk', 'KeyG'),
  alt('settings', 'desk', 'Comma'),
  alt('help', 'desk', 'Slash'),
  alt('logout', 'desk', 'KeyL', true),
];

/** `Alt+A`, for titles and `aria-keyshortcuts`. */
export const keyOf = (command: Command): string => SHORTCUTS.find((s) => s.command === command)?.label ?? '';

export type Press = Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'isComposing' | 'keyCode'> & {
  repeat?: boolean; getModifierState?: (key: string) => boolean;
};

/** True while an input method is still composing: no key is ours then. Safari ends the composition
 *  before the key event but keeps key code 229. */
export const composing = (event: Pick<Press, 'isComposing' | 'keyCode'>): boolean => event.isComposing || event.keyCode === 229;

/** Whether this key press sends what is written, rather than accepting a candidate or breaking a line. */
export function sends(event: Pick<Press, 'key' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'>): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !composing(event);
}

/** The command of a key press, or null. `writing`: the focus is in a field; `single`: bare keys are on. */
export function commandOf(event: Press, writing: boolean, single: boolean): Command | null {
  if (composing(event) || event.repeat || event.metaKey) return null;
  // AltGr writes characters on many keyboards and reports Ctrl+Alt on Windows.
  if (event.getModifierState?.('AltGraph') || (event.altKey && event.ctrlKey)) return null;
  if (event.altKey || event.ctrlKey) {
    const found = SHORTCUTS.find((s) => s.code === event.code && !!s.ctrl === event.ctrlKey && !!s.shift === event.shiftKey);
    return found?.command ?? null;
  }
  return single && !writing && event.key === '?' ? 'help' : null;
}

/** Whether the focus is where characters are written. */
export function isWriting(target: EventTarget | null): boolean {
  const node = target as HTMLElement | null;
  if (!node?.tagName) return false;
  if (node.isContentEditable || node.tagName === 'TEXTAREA' || node.tagName === 'SELECT') return true;
  return node.tagName === 'INPUT' && !['checkbox', 'radio', 'button', 'submit'].includes((node as HTMLInputElement).type);
}
