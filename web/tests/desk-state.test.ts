/** The desk's state: what each frame of the server changes, and what it never loses. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Drafts } from '../desk/drafts';
import { stillOut } from '../desk/desk';
import { lineOf } from '../desk/calls';
import { drop, EMPTY, insert, markRead, reduce, unread, type DeskState } from '../desk/state';
import type { Agent, Message, Ticket } from '../lib/types';
import type { Outgoing } from '../lib/socket';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const AGENT: Agent = { id: 'agt_1', name: '林晓', username: 'linxiao', roles: ['agent'], cities: ['shenzhen'], languages: ['zh'], media: ['text', 'video'] };

const said = (seq: number, author: Message['author'], text = `m${seq}`): Message => ({
  seq, id: `i${seq}`, author, at: new Date(NOW + seq * 1000).toISOString(), text, cards: [],
});

function ticket(id: string, change: Partial<Ticket> = {}): Ticket {
  return {
    id, state: 'offered', media: 'text', lang: 'zh', city: 'shenzhen', waiting_since: '2026-11-23T07:55:00Z', reason: 'asked', position: 1,
    conversation: `c_${id}`, resident: { name: '王*明', level: 'L2' }, opened_at: '2026-11-23T07:55:00Z', accepted_at: null, ended_at: null,
    agent: null, consultation: null, version: 1,
    summary: { asked: ['怎么提取公积金？'], cards: [], slots: {}, lang: 'zh', city: 'shenzhen', text: '' },
    messages: [said(1, 'resident'), said(2, 'bot')], ...change,
  };
}

const active = (id: string, change: Partial<Ticket> = {}): Ticket =>
  ticket(id, { state: 'active', agent: 'agt_1', accepted_at: '2026-11-23T07:59:00Z', ...change });

type Frame = Parameters<typeof reduce>[1];
const hello = (tickets: Ticket[] = [], seq = 5): Frame =>
  ({ type: 'welcome', agent: AGENT, status: 'online', queue: [], tickets, ice: [], seq });
const run = (frames: Frame[], from: DeskState = EMPTY): DeskState => frames.reduce((s, f) => reduce(s, f, NOW)[0], from);

describe('reduce', () => {
  it('draws the desk from the welcome: what is held and what is offered', () => {
    const state = run([hello([active('b', { accepted_at: '2026-11-23T07:59:30Z' }), active('a'), ticket('o')])]);
    expect(state.loaded).toBe(true);
    expect(state.held.map((h) => h.ticket.id)).toEqual(['a', 'b']);
    expect(state.offers.map((o) => o.ticket.id)).toEqual(['o']);
    expect(state.seq).toBe(5);
  });

  it('keeps the place of a conversation when it changes', () => {
    let state = run([hello([active('a'), active('b', { accepted_at: '2026-11-23T07:59:30Z' })])]);
    state = run([{ type: 'ticket', ticket: active('a', { state: 'wrap_up', version: 2 }) }], state);
    expect(state.held.map((h) => h.ticket.id)).toEqual(['a', 'b']);
  });

  it('tells of an offer once, and of its end', () => {
    const offer: Frame = { type: 'offer', ticket: ticket('o'), expires_at: '2026-11-23T08:00:20Z', event: 9 };
    const [state, notes] = reduce(run([hello()]), offer, NOW);
    expect(notes).toEqual([{ kind: 'offer', ticket: 'o' }]);
    expect(state.offers[0]).toMatchObject({ expiresAt: NOW + 20_000, leaseMs: 20_000 });
    expect(state.seq).toBe(9);
    expect(reduce(state, offer, NOW)[1]).toEqual([]);
    for (const reason of ['lapsed', 'taken', 'cancelled'] as const) {
      const [after, said] = reduce(state, { type: 'offer.gone', ticket: 'o', reason }, NOW);
      expect(after.offers).toEqual([]);
      expect(said).toEqual([{ kind: reason, ticket: 'o' }]);
    }
  });

  it('turns an accepted offer into a conversation whose history is read', () => {
    const state = run([hello(), { type: 'offer', ticket: ticket('o'), expires_at: '2026-11-23T08:00:20Z' }]);
    const [after, notes] = reduce(state, { type: 'ticket', ticket: active('o') }, NOW);
    expect(after.offers).toEqual([]);
    expect(after.held).toHaveLength(1);
    expect(unread(after.held[0]!)).toBe(0);
    expect(notes).toEqual([{ kind: 'accepted', ticket: 'o' }]);
  });

  it('counts what the resident said and the agent has not seen', () => {
    let state = run([hello([active('a')]), { ...said(3, 'resident'), type: 'message', ticket: 'a' }, { ...said(4, 'agent'), type: 'message', ticket: 'a' }]);
    expect(unread(state.held[0]!)).toBe(1);
    state = markRead(state, 'a');
    expect(unread(state.held[0]!)).toBe(0);
    expect(markRead(state, 'a')).toBe(state);
  });

  it('takes a repeated or late message in its place', () => {
    const list = insert(insert([said(1, 'bot')], said(3, 'resident')), said(2, 'bot'));
    expect(list.map((m) => m.seq)).toEqual([1, 2, 3]);
    expect(insert(list, said(2, 'bot', 'again')).map((m) => m.text)).toEqual(['m1', 'again', 'm3']);
  });

  it('says that the resident ended, and that a conversation went back', () => {
    const state = run([hello([active('a')])]);
    expect(reduce(state, { type: 'ticket', ticket: active('a', { state: 'wrap_up' }) }, NOW)[1]).toEqual([{ kind: 'resident_left', ticket: 'a' }]);
    const [after, notes] = reduce(state, { type: 'ticket', ticket: ticket('a', { state: 'queued', agent: null, messages: undefined }) }, NOW);
    expect(after.held).toEqual([]);
    expect(notes).toEqual([{ kind: 'returned', ticket: 'a' }]);
  });

  it('keeps a conversation whose report the server gave up waiting for, over a reconnect too', () => {
    let state = run([hello([active('a', { state: 'wrap_up' })])]);
    const [late, notes] = reduce(state, { type: 'ticket', ticket: active('a', { state: 'closed', messages: undefined }) }, NOW);
    expect(notes).toEqual([{ kind: 'overdue', ticket: 'a' }]);
    state = run([hello([])], late);
    expect(state.held[0]).toMatchObject({ overdue: true });
    expect(state.held[0]!.messages).toHaveLength(2);
    expect(drop(state, 'a').held).toEqual([]);
  });

  it('forgets what another agent got while the line was down', () => {
    const state = run([hello([active('a')]), { type: 'offer', ticket: ticket('o'), expires_at: '2026-11-23T08:00:20Z' }, hello([])]);
    expect(state.held).toEqual([]);
    expect(state.offers).toEqual([]);
  });

  it('shows typing only in an open conversation', () => {
    const state = run([hello([active('a')]), { type: 'typing', ticket: 'a', on: true }]);
    expect(state.held[0]!.typing).toBe(true);
    expect(run([{ ...said(3, 'resident'), type: 'message', ticket: 'a' }], state).held[0]!.typing).toBe(false);
    expect(run([{ type: 'ticket', ticket: active('a', { state: 'wrap_up' }) }], state).held[0]!.typing).toBe(false);
  });

  it('never goes back in events', () => {
    const state = run([hello([], 50), { type: 'queue', queue: [], event: 40 } as Frame]);
    expect(state.seq).toBe(50);
  });
});

describe('stillOut', () => {
  const out = (id: string, text: string, at = NOW): Outgoing => ({
    client_id: id, at: new Date(at).toISOString(), state: 'sending', frame: { type: 'say', ticket: 'a', text, client_id: id },
  });

  it('does not show a line twice when its echo comes before the acknowledgement', () => {
    expect(stillOut([said(3, 'agent', '好')], [out('x', '好')], 0)).toEqual([]);
  });

  it('keeps a second line of the same words', () => {
    expect(stillOut([said(3, 'agent', '好')], [out('x', '好'), out('y', '好')], 0).map((o) => o.client_id)).toEqual(['y']);
  });

  it('does not take an old line of the same words for the new one', () => {
    expect(stillOut([said(3, 'agent', '好')], [out('x', '好', NOW + 3600_000)], 0)).toHaveLength(1);
  });

  it('does not count the resident’s words', () => {
    expect(stillOut([said(3, 'resident', '好')], [out('x', '好')], 0)).toHaveLength(1);
  });
});

describe('lineOf', () => {
  it('prefers the conversation to an offer, and needs a consultation', () => {
    const video = { media: 'video' as const, consultation: 'con' };
    expect(lineOf(run([hello([ticket('o', { media: 'video' })])]))).toBeNull();
    expect(lineOf(run([hello([ticket('o', video)])]))).toEqual({ consultation: 'con', ticket: 'o', accepted: false });
    expect(lineOf(run([hello([ticket('o', video), active('a', { media: 'video', consultation: 'mine' })])]))).toMatchObject({ consultation: 'mine', accepted: true });
    expect(lineOf(run([hello([active('a', { ...video, state: 'wrap_up' })])]))).toBeNull();
  });
});

describe('Drafts', () => {
  beforeEach(() => localStorage.clear());

  it('keeps replies and reports over a reload, per agent', () => {
    const first = new Drafts('agt_1');
    first.setReply('t', '您好');
    first.setReport('t', { summary: '已说明', outcome: 'solved' });
    const again = new Drafts('agt_1');
    expect(again.reply('t').value).toBe('您好');
    expect(again.report('t').value).toMatchObject({ summary: '已说明', outcome: 'solved' });
    expect(again.begun()).toEqual(['t']);
    expect(new Drafts('agt_2').reply('t').value).toBe('');
  });

  it('forgets what was sent, what is old and what a sign-out leaves', () => {
    let now = NOW;
    const drafts = new Drafts('agt_1', () => now);
    drafts.setReply('t', '您好');
    drafts.setReport('t', { summary: 'x' });
    drafts.forget('t');
    expect(localStorage.length).toBe(0);
    drafts.setReply('u', '您好');
    now += 13 * 3600_000;
    expect(new Drafts('agt_1', () => now).reply('u').value).toBe('');
    drafts.setReply('v', '您好');
    drafts.clear();
    expect(localStorage.length).toBe(0);
  });

  it('survives a broken entry', () => {
    localStorage.setItem('sg.desk.agt_1.reply.t', '{');
    expect(new Drafts('agt_1').reply('t').value).toBe('');
  });
});
