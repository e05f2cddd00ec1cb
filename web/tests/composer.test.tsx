/** Enter sends a message, and never swallows what an input method is still composing. */
import { render } from 'preact';
import { beforeEach, expect, it, vi } from 'vitest';
import { chat } from '../resident/app';
import { Composer, sends } from '../resident/composer';

const key = (extra: Partial<KeyboardEvent> = {}) => ({
  key: 'Enter', shiftKey: false, ctrlKey: false, altKey: false, isComposing: false, keyCode: 13, ...extra,
});

it('sends on Enter and breaks the line on Shift+Enter', () => {
  expect(sends(key())).toBe(true);
  expect(sends(key({ shiftKey: true }))).toBe(false);
  expect(sends(key({ key: 'a', keyCode: 65 }))).toBe(false);
});

it('leaves Enter to the input method while it is composing', () => {
  expect(sends(key({ isComposing: true }))).toBe(false);
  expect(sends(key({ keyCode: 229 }))).toBe(false);
});

const root = document.createElement('div');
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => {
  document.body.replaceChildren(root);
  render(null, root);
  render(<Composer />, root);
});

async function type(text: string): Promise<HTMLTextAreaElement> {
  const box = root.querySelector('textarea') as HTMLTextAreaElement;
  box.value = text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  await tick();
  return box;
}

it('keeps the draft until it is sent', async () => {
  const say = vi.spyOn(chat, 'say').mockImplementation(() => undefined);
  const box = await type('怎么补办');
  expect(localStorage.getItem('sg.draft')).toBe('怎么补办');
  box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  await tick();
  expect(say).toHaveBeenCalledWith('怎么补办');
  expect(localStorage.getItem('sg.draft')).toBeNull();
  expect(box.value).toBe('');
});

it('shows the limit only near it and does not send beyond it', async () => {
  const say = vi.spyOn(chat, 'say').mockImplementation(() => undefined);
  say.mockClear();
  chat.maxChars.value = 100;
  await type('短');
  expect(root.querySelector('[role=status]')).toBeNull();
  await type('长'.repeat(95));
  expect(root.querySelector('[role=status]')?.textContent).toMatch(/5/);
  const box = await type('长'.repeat(101));
  box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  expect(say).not.toHaveBeenCalled();
  expect(box.getAttribute('aria-invalid')).toBe('true');
});
