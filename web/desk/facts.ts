/**
 * Facts of the service list as sentences an agent can send, each with its source and date, and the
 * first draft of a report from what happened in a conversation. Pure; never invents a fact.
 */
import { tl } from '../lib/i18n';
import type { City, Facet, Lang, LocalText, Message, Status, Ticket } from '../lib/types';
import type { Service, Variant } from './api';
import { t } from './text';

export interface Fact { facet: Facet; city: City | 'both'; text: string; source: string; as_of: string; status: Status }

const CITIES: readonly City[] = ['shenzhen', 'dongguan'];

function join(parts: (string | undefined)[], as: Lang): string {
  return parts.filter(Boolean).join(as === 'zh' ? '；' : '; ');
}

interface Raw { facet: Facet; text: string; sources: string[]; as_of: string; status: Status }

const WORST: Record<Status, number> = { verified: 0, reported: 1, to_confirm: 2 };

/** Several facts said in one sentence are as sure as the least sure, and as old as the oldest. */
function raw(facet: Facet, text: string, from: { source: string; as_of: string; status: Status }[]): Raw[] {
  if (!text || !from.length) return [];
  return [{
    facet, text, sources: [...new Set(from.map((f) => f.source))],
    as_of: from.map((f) => f.as_of).sort()[0] ?? '',
    status: from.reduce<Status>((worst, f) => (WORST[f.status] > WORST[worst] ? f.status : worst), 'verified'),
  }];
}

function ofCity(v: Variant, as: Lang): Raw[] {
  const said = (text: LocalText | undefined): string | undefined => text?.[as];
  const needed = v.materials.filter((m) => m.need !== 'exempt');
  return [
    ...(v.where ? raw('where', v.where.text[as], [v.where]) : []),
    ...raw('documents', join(needed.map((m) => (m.condition ? `${m.name[as]}（${m.condition[as]}）` : m.name[as])), as), needed),
    ...(v.time ? raw('time', v.time.text[as], [v.time]) : []),
    ...raw('fee', join(v.fees.map((f) => `${f.name[as]} ${f.text[as]}`), as), v.fees),
    ...raw('eligibility', join(v.conditions.map((c) => said(c.text)), as), v.conditions),
    ...raw('steps', join(v.steps.map((s, i) => `${i + 1}. ${s.text[as]}`), as), v.steps),
    ...raw('overview', join(v.notes.map((n) => said(n.text)), as), v.notes),
  ];
}

/** What the list says about an item, one line per matter; what both cities share is said once. */
export function factsOf(service: Service, as: Lang): Fact[] {
  const names = new Map(service.sources.map((s) => {
    const title = typeof s.title === 'string' ? s.title : s.title[as];
    return [s.id, s.doc_no ? `${title}（${s.doc_no}）` : title];
  }));
  const made = new Map<string, Fact>();
  for (const city of CITIES) {
    const variant = service.cities[city];
    if (!variant) continue;
    for (const r of ofCity(variant, as)) {
      const key = r.facet + r.text;
      const known = made.get(key);
      const source = r.sources.map((id) => names.get(id) ?? id).join('，');
      if (known) made.set(key, { ...known, city: 'both' });
      else made.set(key, { facet: r.facet, city, text: r.text, source, as_of: r.as_of, status: r.status });
    }
  }
  const order: Facet[] = ['where', 'documents', 'time', 'fee', 'eligibility', 'steps', 'channels', 'which_city', 'overview'];
  return [...made.values()].sort((a, b) => order.indexOf(a.facet) - order.indexOf(b.facet));
}

/** A fact as text to send: what, where, source, date; a fact not verified says so. */
export function factText(service: Service, fact: Fact, as: Lang): string {
  const city = tl(fact.city === 'both' ? 'city.both' : `city.${fact.city}`, undefined, as);
  const head = t('fact.head', { name: service.name[as], code: service.code, city, facet: tl(`facet.${fact.facet}`, undefined, as) }, as);
  const foot = t('fact.source', { source: fact.source, date: fact.as_of }, as);
  const doubt = fact.status === 'verified' ? '' : `\n${tl(`status.${fact.status}.long`, undefined, as)}`;
  return `${head}\n${fact.text}\n${foot}${doubt}`;
}

/** The item itself in a few words, to send. */
export function summaryText(service: Service, as: Lang): string {
  return `${t('fact.item', { name: service.name[as], code: service.code }, as)}\n${service.summary[as]}${service.jurisdiction?.text?.[as] ? `\n${service.jurisdiction.text[as]}` : ''}`;
}

const cut = (text: string, max: number): string => {
  const plain = [...text.replace(/\s+/g, ' ').trim()];
  return plain.length > max ? `${plain.slice(0, max - 1).join('')}…` : plain.join('');
};

/** A question without the words that only asked for a person. */
const question = (text: string): string =>
  text.replace(/[\s，。,.!！?？]*(我要)?(转人工|找人工|人工客服|人工服务)[\s。.!！]*$/u, (found) => /^[\s]*([?？!！。.])/.exec(found)?.[1] ?? '').trim();

/** Sentences one after the other; a separator only where a sentence has no end of its own. */
function run(parts: string[], as: Lang): string {
  return parts.map((p, i) => (i === parts.length - 1 || /[。！？!?.…]$/.test(p) ? p : `${p}${as === 'zh' ? '；' : ';'}`)).join(as === 'zh' ? '' : ' ');
}

/** First draft of the summary, in the resident's language, from the words and cards of the thread. */
export function draftSummary(ticket: Ticket, messages: readonly Message[]): string {
  const as = ticket.lang;
  const begun = messages.filter((m) => m.author === 'agent').at(0)?.seq ?? Infinity;
  const later = messages.filter((m) => m.author === 'resident' && m.seq > begun && [...m.text].length > 6).slice(0, 1);
  const asked = [...new Set([...ticket.summary.asked, ...later.map((m) => m.text)].map(question))].filter((q) => [...q].length > 4).slice(-3);
  const answers = messages.filter((m) => m.author === 'agent' && [...m.text].length >= 14).slice(-3);
  const lines: string[] = [];
  if (asked.length) lines.push(t('wrap.draft.asked', { text: run(asked.map((q) => cut(q, 60)), as) }, as));
  const items = ticket.summary.cards.filter((c) => c.code).map((c) => `${c.title}${as === 'zh' ? `（${c.code}）` : ` (${c.code})`}`);
  if (items.length) lines.push(t('wrap.draft.items', { text: [...new Set(items)].join(as === 'zh' ? '、' : ', ') }, as));
  if (answers.length) lines.push(t('wrap.draft.told', { text: run(answers.map((m) => cut(m.text, 110)), as) }, as));
  return lines.join('\n').slice(0, 1900);
}

/** Service codes that came up: cards shown to the resident, and codes the agent wrote. */
export function draftCodes(ticket: Ticket, messages: readonly Message[]): { code: string; name: string }[] {
  const found = new Map<string, string>();
  for (const card of ticket.summary.cards) if (card.code) found.set(card.code, card.title);
  for (const m of messages) {
    for (const card of m.cards) if (card.type === 'answer') found.set(card.code, card.name[ticket.lang]);
    if (m.author !== 'agent') continue;
    for (const [code] of m.text.matchAll(/SG-[A-Z]{2,4}-\d{3}/g)) if (!found.has(code)) found.set(code, '');
  }
  return [...found].map(([code, name]) => ({ code, name })).slice(0, 20);
}
