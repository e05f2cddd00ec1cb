/**
 * What the agent has written and not yet sent: replies, reports, private notes. Kept per agent and
 * ticket in localStorage, so that neither a reload nor an expired session costs a word; forgotten when
 * it was sent, when the agent signs out, or after twelve hours.
 */
import { signal, type Signal } from '@preact/signals';
import { store } from '../lib/prefs';

export type Outcome = 'solved' | 'referred' | 'follow_up' | 'abandoned';

export interface Report {
  summary: string;
  /** True once the agent has changed the summary himself. */
  edited: boolean;
  outcome: Outcome | null;
  codes: { code: string; name: string }[];
  note: string;
  /** The delivery under way, if any. */
  client_id: string | null;
}

export const BLANK: Report = { summary: '', edited: false, outcome: null, codes: [], note: '', client_id: null };
export const KEEP_MS = 12 * 3600_000;

interface Kept<T> { at: number; value: T }

export class Drafts {
  private readonly prefix: string;
  private readonly signals = new Map<string, Signal<unknown>>();

  constructor(agent: string, private readonly now: () => number = Date.now) {
    this.prefix = `sg.desk.${agent}.`;
    for (const key of store.keys(this.prefix)) {
      const kept = this.read(key);
      if (!kept || now() - kept.at > KEEP_MS) store.set(key, null);
    }
  }

  reply(ticket: string): Signal<string> {
    return this.open(`reply.${ticket}`, '');
  }

  setReply(ticket: string, text: string): void {
    this.write(`reply.${ticket}`, text, text === '');
  }

  report(ticket: string): Signal<Report> {
    return this.open(`report.${ticket}`, BLANK);
  }

  setReport(ticket: string, change: Partial<Report>): void {
    this.write(`report.${ticket}`, { ...this.report(ticket).peek(), ...change }, false);
  }

  /** Tickets for which a report was begun. */
  begun(): string[] {
    const start = `${this.prefix}report.`;
    return store.keys(start).map((key) => key.slice(start.length));
  }

  /** Forgets everything about a ticket. */
  forget(ticket: string): void {
    this.write(`reply.${ticket}`, '', true);
    this.write(`report.${ticket}`, BLANK, true);
    this.signals.delete(`report.${ticket}`);
  }

  clear(): void {
    for (const key of store.keys(this.prefix)) store.set(key, null);
    this.signals.clear();
  }

  private open<T>(name: string, fallback: T): Signal<T> {
    let made = this.signals.get(name) as Signal<T> | undefined;
    if (!made) {
      made = signal((this.read(this.prefix + name)?.value as T | undefined) ?? fallback);
      this.signals.set(name, made as Signal<unknown>);
    }
    return made;
  }

  private write<T>(name: string, value: T, empty: boolean): void {
    this.open(name, value).value = value;
    store.set(this.prefix + name, empty ? null : JSON.stringify({ at: this.now(), value } satisfies Kept<T>));
  }

  private read(key: string): Kept<unknown> | null {
    try {
      const kept = JSON.parse(store.get(key) ?? 'null') as Kept<unknown> | null;
      return kept && typeof kept.at === 'number' ? kept : null;
    } catch {
      return null;
    }
  }
}
