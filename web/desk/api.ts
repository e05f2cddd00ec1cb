/** The desk's HTTP calls. An error is always an `ApiError` with the server's own words. */
import type { City, Facet, Lang, LocalText, Status, Ticket } from '../lib/types';
import { call } from '../staff/http';

export { ApiError, login, logout, me } from '../staff/http';

export async function ticket(id: string): Promise<Ticket> {
  return (await call<{ ticket: Ticket }>(`/api/v1/desk/tickets/${encodeURIComponent(id)}`)).data.ticket;
}

// ------------------------------------------------------------------ service list

export interface Hit { code: string; name: LocalText; score: number; city?: City | null }
export interface Found { decision: 'answer' | 'clarify' | 'abstain'; results: Hit[]; elsewhere?: Hit[] }

interface Fact { status: Status; source: string; as_of: string }
interface TextFact extends Fact { text: LocalText }
interface FeeFact extends TextFact { name: LocalText }
interface MaterialFact extends Fact { id: string; name: LocalText; need: string; condition?: LocalText }
interface ChannelFact { name: LocalText; hours?: LocalText; phone?: string }

export interface Variant {
  department?: LocalText;
  conditions: TextFact[]; materials: MaterialFact[]; time?: TextFact; fees: FeeFact[];
  channels: ChannelFact[]; where?: TextFact; steps: TextFact[]; notes: TextFact[]; phones: string[];
}

export interface Service {
  code: string;
  name: LocalText;
  summary: LocalText;
  jurisdiction?: { text?: LocalText | null } | null;
  cities: Record<City, Variant | null>;
  differences: { facet: Facet; label: LocalText }[];
  sources: { id: string; title: LocalText | string; url?: string; doc_no?: string; publisher?: LocalText | string }[];
  as_of: string;
  status: Status;
}

export async function search(q: string, as: Lang, city: City | null, signal?: AbortSignal): Promise<Found> {
  const query = new URLSearchParams({ q, lang: as, k: '8', ...(city ? { city } : {}) });
  return (await call<Found>(`/api/v1/services/search?${query}`, { signal })).data;
}

export async function service(code: string, signal?: AbortSignal): Promise<Service> {
  return (await call<Service>(`/api/v1/services/${encodeURIComponent(code)}`, { signal })).data;
}
