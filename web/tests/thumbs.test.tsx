/** One verdict an answer; it survives a reload; without a connection nothing is pretended. */
import { render } from 'preact';
import { beforeEach, expect, it, vi } from 'vitest';
import { chat } from '../resident/app';
import type { Line } from '../resident/chat';
import { Thumbs } from '../resident/thumbs';

const root = document.createElement('div');
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));
let count = 0;

function show(): Line {
  count += 1;
  const line: Line = { seq: count, id: `msg_${count}`, author: 'bot', at: '2026-11-24T10:00:00Z', text: '', cards: [] };
  render(<Thumbs line={line} />, root);
  return line;
}

const button = (n: number): HTMLButtonElement => root.querySelectorAll('button')[n] as HTMLButtonElement;

beforeEach(() => {
  document.body.replaceChildren(root);
  render(null, root);
});

it('sends the verdict once and thanks', async () => {
  const send = vi.spyOn(chat.socket, 'send').mockReturnValue(true);
  const line = show();
  button(0).click();
  await tick();
  expect(send).toHaveBeenCalledWith({ type: 'feedback', seq: line.seq, verdict: 'up' });
  expect(root.querySelector('[role=status]')).not.toBeNull();
  expect(root.querySelectorAll('button')).toHaveLength(0);
  expect(localStorage.getItem('sg.helped')).toContain(line.id);
});

it('offers a person after a thumb down', async () => {
  vi.spyOn(chat.socket, 'send').mockReturnValue(true);
  const person = vi.spyOn(chat, 'handoff').mockImplementation(() => undefined);
  show();
  button(1).click();
  await tick();
  button(0).click();
  expect(person).toHaveBeenCalledWith('text');
});

it('keeps the question open when the verdict could not be sent', async () => {
  vi.spyOn(chat.socket, 'send').mockReturnValue(false);
  show();
  button(1).click();
  await tick();
  expect(root.querySelectorAll('button')).toHaveLength(2);
});
