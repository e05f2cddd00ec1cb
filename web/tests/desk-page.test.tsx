/** The desk at work: socket and page together, against a scripted server. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Composer } from '../desk/compose';
import { Desk } from '../desk/desk';
import { draftCodes, draftSummary, factsOf, factText } from '../desk/facts';
import type { Service } from '../desk/api';
import { ApiError } from '../desk/api';
import { slotRows } from '../desk/context';
import { problemOf } from '../desk/signin';
import { digest } from '../desk/thread';
import { gapsOf } from '../desk/wrapup';
import { BLANK } from '../desk/drafts';
import { setLang } from '../lib/prefs';
import type { Agent, Message, Ticket } from '../lib/types';

const AGENT: Agent = { id: 'agt_1', name: '林晓', username: 'linxiao', roles: ['agent'], cities: ['dongguan'], languages: ['zh'], media: ['text'] };
const AT = '2026-11-23T08:00:00Z';
const said = (seq: number, author: Message['author'], text: string): Message => ({ seq, id: `i${seq}`, author, at: AT, text, cards: [] });
const TICKET: Ticket = {
  id: 't', state: 'active', media: 'text', lang: 'zh', city: 'dongguan', waiting_since: AT, reason: 'asked', position: null, conversation: 'c',
  resident: { name: '王*明', level: 'L2' }, opened_at: AT, accepted_at: AT, ended_at: null, agent: 'agt_1', consultation: null, version: 1,
  summary: { asked: ['我在东莞交公积金，怎么提取？转人工'], cards: [{ type: 'answer', code: 'SG-HF-004', title: '异地购房提取' }], slots: {}, lang: 'zh', city: 'dongguan', text: '' },
  messages: [said(1, 'resident', '怎么提取？')],
};

class FakeSocket {
  static last: FakeSocket;
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() { FakeSocket.last = this; setTimeout(() => this.onopen?.()); }
  send(data: string): void { this.sent.push(JSON.parse(data) as Record<string, unknown>); }
  close(): void { this.readyState = 3; }
  say(frame: unknown): void { this.onmessage?.({ data: JSON.stringify(frame) }); }
  of(type: string): Record<string, unknown>[] { return this.sent.filter((f) => f.type === type); }
}

const settle = async (): Promise<void> => { await vi.advanceTimersByTimeAsync(20); };
const welcome = (tickets: Ticket[]): unknown => ({ type: 'welcome', agent: AGENT, status: 'online', queue: [], tickets, ice: [], seq: 3 });
let desk: Desk;
let ended: boolean | null;

async function open(tickets: Ticket[] = [TICKET]): Promise<void> {
  ended = null;
  desk = new Desk(AGENT, (expired) => (ended = expired), { WebSocketImpl: FakeSocket as unknown as typeof WebSocket });
  desk.start();
  await settle();
  FakeSocket.last.say(welcome(tickets));
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', vi.fn(async () => new Response(JSON.stringify({ agent: AGENT }), { status: 200 })));
  vi.stubGlobal('Worker', undefined);
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  localStorage.clear();
  setLang('zh');
});

afterEach(() => {
  desk?.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.innerHTML = '';
});

describe('desk', () => {
  it('sends a heartbeat every ten seconds', async () => {
    await open();
    for (let i = 0; i < 6; i += 1) {
      await vi.advanceTimersByTimeAsync(5_080);
      FakeSocket.last.say({ type: 'pong' });
    }
    expect(FakeSocket.last.of('heartbeat')).toHaveLength(3);
  });

  it('keeps a reply until it is acknowledged and then shows it once', async () => {
    await open();
    desk.say('t', ' 您好 ');
    const [frame] = FakeSocket.last.of('say');
    expect(frame).toMatchObject({ ticket: 't', text: '您好' });
    expect(desk.lines(desk.current.value!).at(-1)!.pending).toBeDefined();
    FakeSocket.last.say({ type: 'ack', client_id: frame!.client_id, seq: 2 });
    FakeSocket.last.say({ type: 'message', ticket: 't', ...said(2, 'agent', '您好') });
    const lines = desk.lines(desk.current.value!);
    expect(lines.map((l) => [l.text, !!l.pending])).toEqual([['怎么提取？', false], ['您好', false]]);
  });

  it('asks once for an acceptance, and again only after an answer or a time-out', async () => {
    await open([{ ...TICKET, state: 'offered', agent: null }]);
    desk.accept();
    desk.accept();
    expect(FakeSocket.last.of('accept')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(9_000);
    desk.accept();
    expect(FakeSocket.last.of('accept')).toHaveLength(2);
  });

  it('opens what was accepted', async () => {
    await open([]);
    FakeSocket.last.say({ type: 'offer', ticket: { ...TICKET, state: 'offered', agent: null }, expires_at: AT });
    FakeSocket.last.say({ type: 'ticket', ticket: TICKET });
    expect(desk.selected.value).toBe('t');
    expect(desk.pane.value).toBe('talk');
  });

  it('delivers a report under one id until it is acknowledged, then forgets the conversation', async () => {
    await open([{ ...TICKET, state: 'wrap_up' }]);
    desk.drafts.setReport('t', { summary: '已说明', outcome: 'solved' });
    desk.report('t', desk.drafts.report('t').value);
    FakeSocket.last.onclose?.();
    await vi.advanceTimersByTimeAsync(1_500);
    FakeSocket.last.say(welcome([{ ...TICKET, state: 'wrap_up' }]));
    const again = FakeSocket.last.of('wrap_up');
    expect(again).toHaveLength(1);
    expect(again[0]!.client_id).toBe(desk.drafts.report('t').value.client_id);
    FakeSocket.last.say({ type: 'ack', client_id: again[0]!.client_id });
    expect(desk.state.value.held).toEqual([]);
    expect(Object.keys(localStorage).filter((k) => k.includes('report'))).toEqual([]);
  });

  it('goes to the sign-in when the session has ended, and keeps what was written', async () => {
    await open();
    desk.drafts.setReply('t', '写到一半');
    vi.stubGlobal('fetch', vi.fn(async () => new Response('{}', { status: 401 })));
    FakeSocket.last.onclose?.();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(ended).toBe(true);
    desk.stop();
    await open();
    expect(desk.drafts.reply('t').value).toBe('写到一半');
  });

  it('does not trouble the agent with frames the server did not understand', async () => {
    await open();
    FakeSocket.last.say({ type: 'error', error: { code: 'desk_bad_frame', message: 'x', retryable: false } });
    expect(document.querySelector('.toast')).toBeNull();
  });
});

describe('composer', () => {
  const key = (box: HTMLTextAreaElement, init: KeyboardEventInit): void => {
    act(() => void box.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })));
  };

  it('sends on Enter, but not while composing', async () => {
    await open();
    const root = document.createElement('div');
    document.body.append(root);
    desk.drafts.setReply('t', '你好');
    act(() => render(<Composer desk={desk} held={desk.current.value!} />, root));
    const box = root.querySelector('textarea')!;
    key(box, { key: 'Enter', isComposing: true });
    key(box, { key: 'Enter', shiftKey: true });
    expect(FakeSocket.last.of('say')).toHaveLength(0);
    key(box, { key: 'Enter' });
    expect(FakeSocket.last.of('say')).toHaveLength(1);
    expect(desk.drafts.reply('t').value).toBe('');
    act(() => render(null, root));
  });
});

describe('report', () => {
  it('is drafted in the resident’s language from what happened', () => {
    const messages = [...TICKET.messages!, said(2, 'agent', '首付款提取需要先完成网签备案，备案后线上申请。'), said(3, 'agent', '好')];
    const zh = draftSummary(TICKET, messages);
    expect(zh).toContain('我在东莞交公积金，怎么提取？');
    expect(zh).not.toContain('转人工');
    expect(zh).toContain('异地购房提取（SG-HF-004）');
    expect(zh).toContain('网签备案');
    setLang('zh');
    expect(draftSummary({ ...TICKET, lang: 'en' }, messages)).toMatch(/^You asked: /);
    expect(draftSummary({ ...TICKET, summary: { ...TICKET.summary, asked: [], cards: [] } }, [])).toBe('');
  });

  it('proposes the codes that came up, each once', () => {
    const messages = [said(2, 'agent', '见 SG-HF-004 与 SG-SS-012')];
    expect(draftCodes(TICKET, messages).map((c) => c.code)).toEqual(['SG-HF-004', 'SG-SS-012']);
  });

  it('needs a summary and an outcome', () => {
    expect(gapsOf(BLANK)).toEqual(['summary', 'outcome']);
    expect(gapsOf({ ...BLANK, summary: 'x', outcome: 'solved' })).toEqual([]);
    expect(gapsOf({ ...BLANK, summary: 'x'.repeat(2001), outcome: 'solved' })).toEqual(['summary']);
  });
});

describe('facts', () => {
  const fact = { status: 'verified' as const, source: 'S1', as_of: '2026-10-01' };
  const city = (where: string): NonNullable<Service['cities']['shenzhen']> => ({
    conditions: [], materials: [{ ...fact, id: 'id_card', name: { zh: '身份证', en: 'ID card' }, need: 'required' }], fees: [], channels: [],
    where: { ...fact, status: 'to_confirm', text: { zh: where, en: where } }, steps: [], notes: [], phones: [],
  });
  const item: Service = {
    code: 'SG-CA-001', name: { zh: '结婚登记', en: 'Marriage registration' }, summary: { zh: 's', en: 's' },
    cities: { shenzhen: city('深圳窗口'), dongguan: city('东莞窗口') }, differences: [],
    sources: [{ id: 'S1', title: { zh: '婚姻登记条例', en: 'Marriage regulation' }, doc_no: '804 号' }], as_of: '2026-10-01', status: 'verified',
  };

  it('says once what both cities share, and apart what differs', () => {
    const facts = factsOf(item, 'zh');
    expect(facts.filter((f) => f.facet === 'documents').map((f) => f.city)).toEqual(['both']);
    expect(facts.filter((f) => f.facet === 'where').map((f) => f.city)).toEqual(['shenzhen', 'dongguan']);
  });

  it('carries source, date and doubt into the text', () => {
    const [where] = factsOf(item, 'zh');
    const text = factText(item, where!, 'zh');
    expect(text).toContain('SG-CA-001');
    expect(text).toContain('深圳窗口');
    expect(text).toContain('婚姻登记条例（804 号）');
    expect(text).toContain('2026-10-01');
    expect(text).toContain('确认');
  });
});

describe('words for people', () => {
  it('explains a refused sign-in without saying what was wrong', () => {
    const wire = (code: string, details = {}): ApiError => new ApiError(429, { code, message: '服务器的话', retryable: true, details });
    expect(problemOf(wire('desk_locked', { retry_after_s: 840 }))).toContain('14');
    expect(problemOf(wire('rate_limited'))).toContain('频繁');
    expect(problemOf(new ApiError(0, null))).toContain('网络');
    expect(problemOf(new ApiError(503, null))).toContain('暂时不可用');
    expect(problemOf(new ApiError(401, { code: 'desk_bad_credentials', message: '不正确', retryable: false }))).toBe('不正确');
  });

  it('shows only slots that mean something to an agent', () => {
    expect(slotRows({ city: 'dongguan', answer_context: { x: 1 }, misunderstood: 2, facet: 'documents', callback_phone: null, district: '南城' }))
      .toEqual([['城市', '东莞'], ['关注点', '材料'], ['district', '南城']]);
  });

  it('folds a card to one line in its own language', () => {
    expect(digest({ type: 'account', version: 1, lang: 'en', kind: 'housing_fund', title: 'Housing fund', holder: 'W*', actions: [], sides: [{ city: 'shenzhen', state: 'ok', headline: '¥1', fields: [] }, { city: 'dongguan', state: 'unavailable', fields: [] }] }).fact)
      .toMatch(/^Shenzhen ¥1 · Dongguan /);
  });
});
