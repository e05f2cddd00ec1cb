/** The socket keeps its promises: nothing said is lost, nothing is sent twice under two names. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff, Socket, StopConnecting } from '../lib/socket';
import { FakeSocket, type Frame } from './fakes';

const made: Socket<Frame>[] = [];
let frames: Frame[] = [];

function socket(extra: Partial<ConstructorParameters<typeof Socket<Frame>>[0]> = {}): Socket<Frame> {
  const s = new Socket<Frame>({
    url: 'ws://test/ws/chat', name: 'chat', hello: () => ({ type: 'hello', after: 7 }),
    onFrame: (f) => frames.push(f), WebSocketImpl: FakeSocket.impl, ...extra,
  });
  made.push(s);
  return s;
}

async function connected(s: Socket<Frame>): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.open();
  FakeSocket.last.push({ type: 'welcome' });
  expect(s.ready.value).toBe(true);
  return FakeSocket.last;
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  FakeSocket.all = [];
  frames = [];
});

afterEach(() => {
  made.splice(0).forEach((s) => s.stop());
  vi.useRealTimers();
});

describe('connection', () => {
  it('says hello first and is ready only after welcome', async () => {
    const s = socket();
    s.start();
    await vi.advanceTimersByTimeAsync(0);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ type: 'hello', after: 7 }]);
    expect(s.ready.value).toBe(false);
    FakeSocket.last.push({ type: 'welcome' });
    expect(s.ready.value).toBe(true);
  });

  it('comes back by itself after a cut, with a fresh hello', async () => {
    const s = socket();
    s.start();
    (await connected(s)).cut();
    expect(s.link.value).toBe('retrying');
    await vi.advanceTimersByTimeAsync(600);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.open();
    expect(FakeSocket.last.of('hello')).toHaveLength(1);
  });

  it('waits longer after each failure, never above 15 s', () => {
    expect(backoff(0, 1)).toBe(500);
    expect(backoff(3, 1)).toBe(4000);
    expect(backoff(50, 1)).toBe(15_000);
    expect(backoff(0, 0)).toBeCloseTo(350);
  });

  it('ends a connection that has gone silent after a ping', async () => {
    const s = socket();
    s.start();
    const first = await connected(s);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(first.of('ping')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_600);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
  });

  it('retries when the session cannot be made, and stops when it is refused', async () => {
    let refusals = 0;
    const s = socket({
      prepare: async () => {
        refusals += 1;
        if (refusals > 1) throw new StopConnecting();
        throw new Error('503');
      },
    });
    s.start();
    await vi.advanceTimersByTimeAsync(600);
    expect(refusals).toBe(2);
    expect(s.link.value).toBe('stopped');
    expect(FakeSocket.all).toHaveLength(0);
  });
});

describe('outbox', () => {
  it('keeps what was written offline over a reload and sends it once connected', async () => {
    const before = socket();
    const id = before.deliver({ type: 'say', text: '你好' });
    const after = socket();
    expect(after.outbox.value.map((o) => o.client_id)).toEqual([id]);
    after.start();
    const ws = await connected(after);
    expect(ws.of('say')).toEqual([{ type: 'say', text: '你好', client_id: id }]);
    ws.push({ type: 'ack', client_id: id, seq: 1 });
    expect(after.outbox.value).toEqual([]);
    expect(Object.keys(localStorage).filter((k) => k.startsWith('sg.out.'))).toEqual([]);
  });

  it('sends again under the same client id after a cut in mid-message', async () => {
    const s = socket();
    s.start();
    const first = await connected(s);
    const id = s.deliver({ type: 'say', text: 'a' });
    first.cut();
    await vi.advanceTimersByTimeAsync(600);
    const second = await connected(s);
    expect(second.of('say').map((f) => f.client_id)).toEqual([id]);
  });

  it('keeps the order of several messages', async () => {
    const s = socket();
    for (const text of ['1', '2', '3']) {
      s.deliver({ type: 'say', text });
      vi.advanceTimersByTime(5);
    }
    s.start();
    expect((await connected(s)).of('say').map((f) => f.text)).toEqual(['1', '2', '3']);
  });

  it('repeats an unacknowledged message and at last offers a retry', async () => {
    const s = socket();
    s.start();
    const ws = await connected(s);
    const id = s.deliver({ type: 'say', text: 'a' });
    for (let i = 0; i < 5; i += 1) {
      await vi.advanceTimersByTimeAsync(8_000);
      ws.push({ type: 'pong' });
    }
    expect(ws.of('say').length).toBeGreaterThan(2);
    expect(new Set(ws.of('say').map((f) => f.client_id))).toEqual(new Set([id]));
    expect(s.outbox.value[0]?.state).toBe('failed');
    s.retry(id);
    expect(s.outbox.value[0]?.state).toBe('sending');
  });

  it('marks a refused message as failed with the reason, and does not resend it by itself', async () => {
    const s = socket();
    s.start();
    const ws = await connected(s);
    const id = s.deliver({ type: 'say', text: 'a' });
    ws.push({ type: 'error', client_id: id, error: { code: 'rate_limited', message: '太快了', retryable: true } });
    expect(s.outbox.value[0]).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    ws.cut();
    await vi.advanceTimersByTimeAsync(600);
    expect((await connected(s)).of('say')).toEqual([]);
  });

  it('drops frames that may be lost while it is not connected', () => {
    expect(socket().send({ type: 'typing', on: true })).toBe(false);
  });

  it('survives rubbish in storage', () => {
    localStorage.setItem('sg.out.chat.x', '{not json');
    expect(socket().outbox.value).toEqual([]);
  });
});
