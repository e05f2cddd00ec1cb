/** The thread: no message twice, none out of order, and never one of another conversation. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Chat, SLOW_MS } from '../resident/chat';
import { lang, langChosen } from '../lib/prefs';
import type { Message, State } from '../lib/types';
import { FakeSocket } from './fakes';

const state: State = {
  assistant: 'ready', mode: 'bot', ticket: null, position: null, wait_s: null, media: null, agent: null, consultation: null,
};
let chat: Chat;
let conversation = 'c1';

const message = (seq: number, author: Message['author'], text: string, extra: Partial<Message> = {}): { type: string } & Message => ({
  type: 'message', seq, id: `m${seq}`, author, at: '2026-11-23T08:00:00Z', text, cards: [], ...extra,
});

async function connect(last_seq = 0): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.open();
  FakeSocket.last.push({
    type: 'welcome', conversation, lang: 'zh', last_seq, state, identity: null,
    limits: { message_max_chars: 100 }, ice: [], sandbox: true,
  });
  return FakeSocket.last;
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  FakeSocket.all = [];
  conversation = 'c1';
  chat = new Chat({
    WebSocketImpl: FakeSocket.impl,
    fetch: (async () => new Response(JSON.stringify({ conversation, lang: 'zh' }))) as typeof fetch,
  });
  chat.socket.start();
});

afterEach(() => {
  chat.socket.stop();
  vi.useRealTimers();
});

it('shows what is said at once, and only once after acknowledgement and echo', async () => {
  const ws = await connect();
  chat.say('  怎么补办社保卡 ');
  expect(chat.lines.value.map((l) => [l.text, !!l.pending])).toEqual([['怎么补办社保卡', true]]);
  const client_id = String(ws.of('say')[0]?.client_id);
  ws.push({ type: 'ack', client_id, seq: 1 });
  expect(chat.lines.value.map((l) => [l.seq, !!l.pending])).toEqual([[1, false]]);
  ws.push(message(1, 'resident', '怎么补办社保卡', { client_id }));
  expect(chat.lines.value).toHaveLength(1);
  expect(chat.lines.value[0]?.id).toBe('m1');
});

it('shows what was written while the page was closed as unread, and a changed message in its place', async () => {
  await vi.advanceTimersByTimeAsync(0);
  const ws = FakeSocket.last;
  ws.open();
  ws.push({
    type: 'welcome', conversation, lang: 'zh', last_seq: 2, read_seq: 1, state, identity: null,
    limits: { message_max_chars: 100 }, ice: [], sandbox: true,
  });
  ws.push(message(1, 'bot', 'a'));
  ws.push(message(2, 'agent', 'b'));
  expect(chat.unread.value).toBe(1);
  ws.push({ ...message(2, 'agent', 'c'), type: 'message.changed' });
  expect(chat.messages.value.map((m) => m.text)).toEqual(['a', 'c']);
});

it('orders by sequence and ignores repeats', async () => {
  const ws = await connect(3);
  ws.push(message(2, 'bot', 'b'));
  ws.push(message(1, 'resident', 'a'));
  ws.push(message(3, 'bot', 'c'));
  ws.push(message(3, 'bot', 'c'));
  expect(chat.messages.value.map((m) => m.seq)).toEqual([1, 2, 3]);
});

it('counts as loaded when the history has been replayed, and history is not unread', async () => {
  const ws = await connect(2);
  expect(chat.loaded.value).toBe(false);
  ws.push(message(1, 'bot', 'a'));
  ws.push(message(2, 'bot', 'b'));
  expect(chat.loaded.value).toBe(true);
  expect(chat.unread.value).toBe(0);
  ws.push(message(3, 'agent', 'c'));
  expect(chat.unread.value).toBe(1);
  chat.markRead();
  expect(ws.of('read')).toEqual([{ type: 'read', seq: 3 }]);
});

it('resumes after the last message it has', async () => {
  const ws = await connect();
  ws.push(message(1, 'bot', 'a'));
  ws.cut();
  await vi.advanceTimersByTimeAsync(600);
  FakeSocket.last.open();
  expect(FakeSocket.last.of('hello')[0]).toMatchObject({ after: 1 });
});

it('shows nothing of the old thread after the session expired, and keeps unsent words but no old tokens', async () => {
  const ws = await connect();
  ws.push(message(1, 'bot', 'old'));
  chat.choose('token-of-c1', '深圳');
  chat.say('还没发出的话');
  conversation = 'c2';
  ws.cut();
  await vi.advanceTimersByTimeAsync(600);
  FakeSocket.last.open();
  expect(FakeSocket.last.of('hello')[0]).toMatchObject({ after: 0 });
  FakeSocket.last.push({ type: 'welcome', conversation, lang: 'zh', last_seq: 0, state, identity: null, limits: { message_max_chars: 100 }, ice: [], sandbox: true });
  expect(chat.messages.value).toEqual([]);
  expect(FakeSocket.last.of('choose')).toEqual([]);
  expect(FakeSocket.last.of('say').map((f) => f.text)).toEqual(['还没发出的话']);
});

it('says that it takes longer only while an answer is missing', async () => {
  const ws = await connect();
  chat.say('慢');
  await vi.advanceTimersByTimeAsync(SLOW_MS + 10);
  expect(chat.slow.value).toBe(true);
  ws.push(message(2, 'bot', '好了'));
  expect(chat.slow.value).toBe(false);
});

it('follows who answers, and a hand-off is not a line of the thread', async () => {
  const ws = await connect();
  chat.handoff('text');
  expect(chat.lines.value).toEqual([]);
  ws.push({ ...state, type: 'state', mode: 'queued', position: 2, wait_s: 90, ticket: 't' });
  expect(chat.state.value).toMatchObject({ mode: 'queued', position: 2 });
  expect(chat.state.value).not.toHaveProperty('type');
});

it('follows the language the resident writes in until one has been chosen', async () => {
  lang.value = 'zh';
  langChosen.value = false;
  const ws = await connect();
  chat.say('12345');
  expect(lang.value).toBe('zh');
  chat.say('How do I replace my card?');
  expect(lang.value).toBe('en');
  expect(ws.of('lang')).toEqual([{ type: 'lang', lang: 'en' }]);
  langChosen.value = true;
  chat.say('怎么补办');
  expect(lang.value).toBe('en');
});
