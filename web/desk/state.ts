/**
 * What the desk knows, as one frozen value, and how each frame of the server changes it. Pure: the
 * same state and frame always give the same result. Decides nothing about tickets; the server did.
 */
import type { Agent, DeskFrame, Message, Ticket, TicketBrief } from '../lib/types';

export type Status = 'online' | 'away' | 'offline';

/** A conversation this agent holds. */
export interface Held {
  ticket: Ticket;
  messages: readonly Message[];
  /** The resident is writing. */
  typing: boolean;
  /** Last sequence the agent has had before his eyes. */
  read: number;
  /** The server closed it without a report; the report may still be sent. */
  overdue: boolean;
}

export interface Offer { ticket: Ticket; messages: readonly Message[]; expiresAt: number; leaseMs: number }

export interface DeskState {
  agent: Agent | null;
  /** True once the first welcome has been drawn; before that the desk shows skeletons. */
  loaded: boolean;
  status: Status;
  queue: readonly TicketBrief[];
  offers: readonly Offer[];
  /** In the order in which they were accepted; a place never changes while it is held. */
  held: readonly Held[];
  /** Last event seen; where to resume. */
  seq: number;
  ice: RTCIceServer[];
}

/** Something the agent should be told, beside what the new state shows. */
export interface Note {
  kind: 'offer' | 'lapsed' | 'taken' | 'cancelled' | 'resident_left' | 'returned' | 'overdue' | 'message' | 'accepted';
  ticket: string;
}

export const EMPTY: DeskState = {
  agent: null, loaded: false, status: 'offline', queue: [], offers: [], held: [], seq: 0, ice: [],
};

/** The server's default lease; used only when an offer comes without its end. */
const LEASE_MS = 20_000;

const lastSeq = (messages: readonly Message[]): number => messages.at(-1)?.seq ?? 0;

/** Without the transcript, which is kept beside the ticket. */
function bare(ticket: Ticket): Ticket {
  const { messages: _, ...rest } = ticket;
  return rest;
}

const normal = (messages: Message[] | undefined): Message[] => (messages ?? []).map((m) => ({ ...m, cards: m.cards ?? [] }));

/** `messages` with `message` at its place; a message of the same sequence is replaced. */
export function insert(messages: readonly Message[], message: Message): readonly Message[] {
  const list = messages.filter((m) => m.seq !== message.seq);
  const at = list.findLastIndex((m) => m.seq < message.seq) + 1;
  return [...list.slice(0, at), message, ...list.slice(at)];
}

/** Messages of the resident the agent has not seen. */
export const unread = (held: Held): number =>
  held.messages.filter((m) => m.author === 'resident' && m.seq > held.read).length;

const byAcceptance = (a: Held, b: Held): number =>
  (a.ticket.accepted_at ?? '').localeCompare(b.ticket.accepted_at ?? '') || a.ticket.id.localeCompare(b.ticket.id);

function hold(state: DeskState, ticket: Ticket, fresh: boolean): DeskState {
  const known = state.held.find((h) => h.ticket.id === ticket.id);
  const messages = ticket.messages ? normal(ticket.messages) : (known?.messages ?? []);
  const next: Held = {
    ticket: bare(ticket),
    messages,
    typing: ticket.state === 'active' && (known?.typing ?? false),
    read: known?.read ?? (fresh ? 0 : lastSeq(messages)),
    overdue: false,
  };
  const held = known
    ? state.held.map((h) => (h === known ? next : h))
    : [...state.held, next].sort(byAcceptance);
  return { ...state, held, offers: without(state.offers, ticket.id) };
}

const without = (offers: readonly Offer[], id: string): readonly Offer[] =>
  offers.some((o) => o.ticket.id === id) ? offers.filter((o) => o.ticket.id !== id) : offers;

function offerOf(ticket: Ticket, expires: string | null, now: number, known?: Offer): Offer {
  const at = expires ? Date.parse(expires) : (known?.expiresAt ?? now + LEASE_MS);
  const expiresAt = Number.isNaN(at) ? now + LEASE_MS : at;
  return {
    ticket: bare(ticket), messages: normal(ticket.messages), expiresAt,
    leaseMs: known?.leaseMs ?? Math.max(1000, expiresAt - now),
  };
}

function putOffer(state: DeskState, offer: Offer): DeskState {
  const at = state.offers.findIndex((o) => o.ticket.id === offer.ticket.id);
  const offers = at < 0 ? [...state.offers, offer] : state.offers.map((o, i) => (i === at ? offer : o));
  return { ...state, offers };
}

type Welcome = Extract<DeskFrame, { type: 'welcome' }>;

function welcome(state: DeskState, frame: Welcome, now: number): DeskState {
  const mine = frame.tickets.filter((t) => t.state === 'active' || t.state === 'wrap_up');
  const ids = new Set(mine.map((t) => t.id));
  let next: DeskState = {
    ...state, agent: frame.agent, loaded: true, status: frame.status, queue: frame.queue,
    ice: frame.ice ?? [], seq: Math.max(state.seq, frame.seq ?? 0), offers: [],
    // A report the server gave up waiting for is still owed.
    held: state.held.filter((h) => ids.has(h.ticket.id) || h.overdue),
  };
  for (const ticket of mine) next = hold(next, ticket, false);
  for (const ticket of frame.tickets) {
    if (ticket.state !== 'offered') continue;
    const known = state.offers.find((o) => o.ticket.id === ticket.id);
    next = putOffer(next, offerOf(ticket, null, now, known));
  }
  return next;
}

function ticketFrame(state: DeskState, ticket: Ticket): [DeskState, Note[]] {
  const id = ticket.id;
  const known = state.held.find((h) => h.ticket.id === id);
  const mine = ticket.agent !== null && ticket.agent === state.agent?.id;
  if (mine && (ticket.state === 'active' || ticket.state === 'wrap_up')) {
    const next = hold(state, ticket, false);
    if (!known) return [next, [{ kind: 'accepted', ticket: id }]];
    const left = known.ticket.state === 'active' && ticket.state === 'wrap_up';
    return [next, left ? [{ kind: 'resident_left', ticket: id }] : []];
  }
  if (ticket.state === 'offered' && ticket.messages) {
    const offer = state.offers.find((o) => o.ticket.id === id);
    return [offer ? putOffer(state, { ...offer, ticket: bare(ticket), messages: normal(ticket.messages) }) : state, []];
  }
  const next = { ...state, offers: without(state.offers, id) };
  if (!known) return [next, []];
  if (mine && ticket.state === 'closed' && known.ticket.state === 'wrap_up') {
    const late = { ...known, overdue: true, typing: false };
    return [{ ...next, held: state.held.map((h) => (h === known ? late : h)) }, [{ kind: 'overdue', ticket: id }]];
  }
  return [drop(next, id), mine ? [] : [{ kind: 'returned', ticket: id }]];
}

/** Forgets a conversation, e.g. when its report has been acknowledged. */
export function drop(state: DeskState, id: string): DeskState {
  return { ...state, held: state.held.filter((h) => h.ticket.id !== id) };
}

/** Everything of a conversation up to now has been seen. */
export function markRead(state: DeskState, id: string): DeskState {
  const known = state.held.find((h) => h.ticket.id === id);
  if (!known || lastSeq(known.messages) <= known.read) return state;
  return change(state, id, (h) => ({ ...h, read: lastSeq(h.messages) }));
}

/** One conversation changed by `how`. */
export function change(state: DeskState, id: string, how: (held: Held) => Held): DeskState {
  return { ...state, held: state.held.map((h) => (h.ticket.id === id ? how(h) : h)) };
}

function message(state: DeskState, id: string, said: Message): [DeskState, Note[]] {
  const fresh = { ...said, cards: said.cards ?? [] };
  const offers = state.offers.map((o) => (o.ticket.id === id ? { ...o, messages: insert(o.messages, fresh) } : o));
  const known = state.held.find((h) => h.ticket.id === id);
  const next = change({ ...state, offers }, id, (h) => ({
    ...h, messages: insert(h.messages, fresh), typing: said.author === 'resident' ? false : h.typing,
  }));
  const isNew = known && !known.messages.some((m) => m.seq === said.seq);
  return [next, isNew && said.author === 'resident' ? [{ kind: 'message', ticket: id }] : []];
}

/** The state after a frame, and what is worth saying about it. `now` is the server's clock, ms. */
export function reduce(state: DeskState, frame: DeskFrame & { event?: number }, now: number): [DeskState, Note[]] {
  const [next, notes] = step(state, frame, now);
  const seq = frame.event ?? 0;
  return [seq > next.seq ? { ...next, seq } : next, notes];
}

function step(state: DeskState, frame: DeskFrame & { event?: number }, now: number): [DeskState, Note[]] {
  switch (frame.type) {
    case 'welcome': return [welcome(state, frame, now), []];
    case 'queue': return [{ ...state, queue: frame.queue }, []];
    case 'presence': return [{ ...state, status: frame.status }, []];
    case 'offer': {
      const known = state.offers.find((o) => o.ticket.id === frame.ticket.id);
      const next = putOffer(state, offerOf(frame.ticket, frame.expires_at, now, known));
      return [next, known ? [] : [{ kind: 'offer', ticket: frame.ticket.id }]];
    }
    case 'offer.gone': {
      const known = state.offers.some((o) => o.ticket.id === frame.ticket);
      const next = { ...state, offers: without(state.offers, frame.ticket) };
      return [next, known ? [{ kind: frame.reason, ticket: frame.ticket }] : []];
    }
    case 'ticket': return ticketFrame(state, frame.ticket);
    case 'message': {
      const { type: _, ticket, event: __, ...said } = frame;
      return message(state, ticket, said);
    }
    case 'typing': {
      if (!frame.ticket) return [state, []];
      return [change(state, frame.ticket, (h) => ({ ...h, typing: frame.on && h.ticket.state === 'active' })), []];
    }
    default: return [state, []];
  }
}
