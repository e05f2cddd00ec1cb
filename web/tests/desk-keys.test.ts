/** Shortcuts: every action has one, none is taken twice, and none disturbs writing. */
import { describe, expect, it } from 'vitest';
import { commandOf, isWriting, keyOf, sends, SHORTCUTS, type Press } from '../desk/keys';
import { en } from '../desk/locales/en';
import { zh } from '../desk/locales/zh';

const press = (change: Partial<Press>): Press => ({
  key: 'a', code: 'KeyA', altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, isComposing: false, keyCode: 65, ...change,
});

describe('shortcuts', () => {
  it('gives no key twice and names every command in both languages', () => {
    const keys = SHORTCUTS.map((s) => `${s.code}${s.ctrl}${!!s.shift}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { command, label } of SHORTCUTS) {
      expect(zh).toHaveProperty([`key.${command}`]);
      expect(en).toHaveProperty([`key.${command}`]);
      expect(keyOf(command)).toBe(label);
    }
  });

  it('works with Alt while writing, by the place of the key', () => {
    expect(commandOf(press({ altKey: true }), true, true)).toBe('accept');
    expect(commandOf(press({ altKey: true, key: 'å' }), true, true)).toBe('accept');
    expect(commandOf(press({ altKey: true, code: 'Digit2', key: '2' }), true, true)).toBe('tab2');
    expect(commandOf(press({ ctrlKey: true, code: 'Enter', key: 'Enter' }), true, true)).toBe('send_report');
  });

  it('leaves bare keys, AltGr, Command and held keys alone', () => {
    expect(commandOf(press({}), false, true)).toBeNull();
    expect(commandOf(press({ altKey: true, ctrlKey: true }), false, true)).toBeNull();
    expect(commandOf(press({ altKey: true, getModifierState: () => true }), false, true)).toBeNull();
    expect(commandOf(press({ altKey: true, metaKey: true }), false, true)).toBeNull();
    expect(commandOf(press({ altKey: true, repeat: true }), false, true)).toBeNull();
    expect(commandOf(press({ ctrlKey: true, code: 'KeyA' }), false, true)).toBeNull();
  });

  it('opens help with ? only outside fields and only if single keys are on', () => {
    const question = press({ key: '?', code: 'Slash', shiftKey: true });
    expect(commandOf(question, false, true)).toBe('help');
    expect(commandOf(question, true, true)).toBeNull();
    expect(commandOf(question, false, false)).toBeNull();
  });

  it('does nothing while an input method composes', () => {
    expect(commandOf(press({ altKey: true, isComposing: true }), true, true)).toBeNull();
    expect(commandOf(press({ altKey: true, keyCode: 229 }), true, true)).toBeNull();
  });

  it('knows where characters are written', () => {
    const make = (html: string): Element => {
      document.body.innerHTML = html;
      return document.body.firstElementChild!;
    };
    expect(isWriting(make('<textarea></textarea>'))).toBe(true);
    expect(isWriting(make('<input type="search">'))).toBe(true);
    expect(isWriting(make('<input type="radio">'))).toBe(false);
    expect(isWriting(make('<button></button>'))).toBe(false);
    expect(isWriting(null)).toBe(false);
  });
});

describe('sends', () => {
  const enter = (change: Partial<Press> = {}): Press => press({ key: 'Enter', code: 'Enter', keyCode: 13, ...change });

  it('sends on Enter, breaks the line on Shift+Enter', () => {
    expect(sends(enter())).toBe(true);
    expect(sends(enter({ shiftKey: true }))).toBe(false);
    expect(sends(enter({ altKey: true }))).toBe(false);
    expect(sends(press({}))).toBe(false);
  });

  it('never sends the Enter that picks a candidate', () => {
    expect(sends(enter({ isComposing: true }))).toBe(false);
    expect(sends(enter({ keyCode: 229 }))).toBe(false);
  });
});

describe('words', () => {
  it('has the same keys and parameters in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    const params = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort();
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
      expect(params(en[key]), key).toEqual(params(zh[key]));
      expect(en[key].trim(), key).not.toBe('');
    }
  });
});
