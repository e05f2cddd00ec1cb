/** Shortcuts of the list desk. A bare key works only where nothing is being written, and only while single
 *  keys are on; with Ctrl (⌘ on a Mac) or Alt they work everywhere, but that a field undoes its own writing. */
import { composing, type Press } from '../desk/keys';

export type Command =
  | 'search' | 'next' | 'previous' | 'edit' | 'save' | 'undo' | 'submit' | 'preview' | 'changes' | 'cities' | 'history' | 'tasks'
  | 'section_next' | 'section_back' | 'discard' | 'list' | 'review' | 'publish' | 'versions' | 'todo' | 'learn' | 'imports' | 'check' | 'audit' | 'help' | 'lang' | 'wide';

export interface Shortcut { command: Command; group: 'find' | 'write' | 'look' | 'go'; key: string; with?: 'ctrl' | 'alt' }

export const SHORTCUTS: readonly Shortcut[] = [
  { command: 'search', group: 'find', key: '/' },
  { command: 'next', group: 'find', key: 'j' },
  { command: 'previous', group: 'find', key: 'k' },
  { command: 'edit', group: 'write', key: 'e' },
  { command: 'save', group: 'write', key: 's', with: 'ctrl' },
  { command: 'undo', group: 'write', key: 'z', with: 'ctrl' },
  { command: 'submit', group: 'write', key: 's' },
  { command: 'section_next', group: 'write', key: ']' },
  { command: 'section_back', group: 'write', key: '[' },
  { command: 'discard', group: 'write', key: 'x' },
  { command: 'preview', group: 'look', key: 'p' },
  { command: 'changes', group: 'look', key: 'd' },
  { command: 'cities', group: 'look', key: 'c' },
  { command: 'history', group: 'look', key: 'h' },
  { command: 'tasks', group: 'look', key: 't' },
  { command: 'wide', group: 'look', key: 'w' },
  { command: 'list', group: 'go', key: '1', with: 'alt' },
  { command: 'review', group: 'go', key: '2', with: 'alt' },
  { command: 'publish', group: 'go', key: '3', with: 'alt' },
  { command: 'versions', group: 'go', key: '4', with: 'alt' },
  { command: 'todo', group: 'go', key: '5', with: 'alt' },
  { command: 'learn', group: 'go', key: '6', with: 'alt' },
  { command: 'imports', group: 'go', key: '7', with: 'alt' },
  { command: 'check', group: 'go', key: '8', with: 'alt' },
  { command: 'audit', group: 'go', key: '9', with: 'alt' },
  { command: 'lang', group: 'go', key: 'g', with: 'alt' },
  { command: 'help', group: 'go', key: '?' },
];

export function labelOf(shortcut: Shortcut): string {
  const key = shortcut.key.toUpperCase();
  return shortcut.with === 'ctrl' ? `Ctrl+${key}` : shortcut.with === 'alt' ? `Alt+${key}` : key;
}

/** `Ctrl+S`, for titles and `aria-keyshortcuts`. */
export const keyOf = (command: Command): string => {
  const found = SHORTCUTS.find((s) => s.command === command);
  return found ? labelOf(found) : '';
};

/** The command of a key press, or null. */
export function commandOf(event: Press, writing: boolean, single: boolean): Command | null {
  if (composing(event) || event.repeat || event.getModifierState?.('AltGraph')) return null;
  const held = event.ctrlKey || event.metaKey ? 'ctrl' : event.altKey ? 'alt' : undefined;
  if (event.ctrlKey && event.altKey) return null;
  if (!held && (writing || !single)) return null;
  // With Alt, keys are read by their place: Option writes other characters on a Mac.
  const key = held === 'alt' ? event.code.replace(/^(Key|Digit)/, '').toLowerCase() : event.key.toLowerCase();
  if (event.shiftKey && key !== '?') return null;
  const found = SHORTCUTS.find((s) => s.with === held && s.key === key)?.command ?? null;
  return found === 'undo' && writing ? null : found;
}
