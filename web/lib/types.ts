/**
 * What travels between the pages and the gateway: the cards of `core/cards.py` and the frames of
 * `docs/api/protocol.md`, field for field. Types only; nothing here runs.
 */

export type Lang = 'zh' | 'en';
export type City = 'shenzhen' | 'dongguan';
export type Scope = City | 'both';
export type Facet =
  | 'overview' | 'documents' | 'time' | 'fee' | 'where'
  | 'channels' | 'eligibility' | 'steps' | 'which_city'
  | 'result' | 'phone' | 'status';
export type Status = 'verified' | 'reported' | 'to_confirm';
export type Need = 'required' | 'conditional' | 'deferrable' | 'exempt';
export type Media = 'text' | 'video';

export interface LocalText { zh: string; en: string }

export interface Source { id: string; title: string; url?: string | null; doc_no?: string | null }

export interface Claim {
  text: string;
  source: Source;
  /** ISO date on which the source said so. */
  as_of: string;
  status: Status;
  facet: Facet;
  city: Scope;
}

/** One row of the two-city table; a null side means the matter is not handled there. */
export interface Comparison {
  facet: Facet;
  label: string;
  shenzhen: string | null;
  dongguan: string | null;
  differs: boolean;
}

export interface Material {
  id: string; name: string; need: Need; note: string; originals: number; copies: number; city: Scope;
  /** Short remarks: who issues it, on paper or not, how old it may be. */
  tags?: string[];
  hint?: string;
  form_url?: string | null;
}

/** A fact of the card that starts or ends soon. */
export interface RuleChange { on: string; text: string; facet: Facet; city: Scope; source: Source; status: Status }

export interface Way {
  channel: string; name: string; city: Scope; notes: string[]; url?: string | null; phone?: string | null;
}

export interface WayStep { text: string; city: Scope; note: string }

export interface FaqLine {
  question: string; answer: string; city: Scope; source: Source; as_of: string; status: Status;
}

export interface Action {
  title: string;
  kind: 'say' | 'link' | 'handoff' | 'keep' | 'report';
  token?: string | null;
  url?: string | null;
}

export interface Choice { title: string; code?: string | null; token: string; hint?: string | null }

interface CardBase { version: 1; lang: Lang; list_version?: string | null }

export interface AnswerCard extends CardBase {
  type: 'answer';
  code: string;
  name: LocalText;
  city: Scope;
  facet: Facet;
  headline: string;
  summary: string;
  claims: Claim[];
  comparison: Comparison[];
  differences: Comparison[];
  materials: Material[];
  channels: string[];
  jurisdiction?: string | null;
  result?: string | null;
  marks?: string[];
  changes?: RuleChange[];
  ways?: Way[];
  steps?: WayStep[];
  faqs?: FaqLine[];
  phones?: string[];
  actions: Action[];
  as_of: string;
  status: Status;
  disclaimer?: string | null;
  list_version: string;
}

export interface CompareColumn { title: string; code: string; city: Scope }

export interface CompareCell {
  text: string | null; sources: Source[]; as_of?: string | null; status?: Status | null;
}

export interface CompareRow { facet: Facet; label: string; cells: CompareCell[]; differs: boolean }

export interface CompareCard extends CardBase {
  type: 'compare';
  title: string;
  headline: string;
  columns: CompareColumn[];
  rows: CompareRow[];
  jurisdiction?: string | null;
  actions: Action[];
  as_of: string;
  status: Status;
  disclaimer?: string | null;
  list_version: string;
}

/** `options`: yes, no, not sure yet, in this order. */
export interface BundleAsk { id: string; text: string; answer?: boolean | null; options: Choice[] }

export interface BundleStepLine {
  number: number; code: string; name: string; token: string; city: Scope; where: string; after: number[];
  optional: boolean; condition: string; who: string; time: string; note: string;
}

export interface BundleDocument {
  id: string; name: string; need: Need; originals: number; copies: number; steps: number[]; note: string;
}

export interface BundleCard extends CardBase {
  type: 'bundle';
  id: string;
  name: LocalText;
  summary: string;
  questions: BundleAsk[];
  steps: BundleStepLine[];
  documents: BundleDocument[];
  shared_fields: string[];
  total?: string | null;
  source: Source;
  actions: Action[];
  as_of: string;
  status: Status;
  disclaimer?: string | null;
  list_version: string;
}

export interface CentreLine {
  id: string; name: string; city: City; district: string; address: string; transit: string; hours: string[];
  /** By the weekly hours at the time of the card; null: not known. */
  open?: boolean | null;
  windows: string[]; terminals: string[]; accessibility: string[]; phones: string[];
  lat: number; lon: number; distance_m?: number | null;
  source: Source; as_of: string; status: Status;
}

export interface CentresCard extends CardBase {
  type: 'centres';
  title: string;
  code?: string | null;
  centres: CentreLine[];
  total: number;
  note: string;
  actions: Action[];
  as_of: string;
  status: Status;
  disclaimer?: string | null;
  list_version: string;
}

export interface ChoicesCard extends CardBase { type: 'choices'; prompt: string; choices: Choice[]; aside?: boolean }

export interface AccountField { label: string; value: string }

export interface AccountSide {
  city: City;
  state: 'ok' | 'no_account' | 'unavailable';
  headline?: string | null;
  fields: AccountField[];
  /** ISO date-time at which the city's system said so. */
  as_of?: string | null;
  message?: string | null;
}

export interface AccountCard extends CardBase {
  type: 'account';
  kind: 'housing_fund' | 'social_security' | 'social_card' | 'case';
  title: string;
  holder: string;
  sides: AccountSide[];
  note?: string | null;
  actions: Action[];
}

export interface SignInOption { issuer: string; title: string; url: string }

export interface SignInCard extends CardBase {
  type: 'sign_in';
  prompt: string;
  purpose: string;
  level: 'L1' | 'L2' | 'L3';
  options: SignInOption[];
  sandbox: boolean;
}

export interface FormField {
  name: string;
  label: string;
  kind: 'text' | 'number' | 'date' | 'choice' | 'phone';
  required: boolean;
  hint: string;
  choices: Choice[];
  value?: string | null;
}

export interface FormCard extends CardBase {
  type: 'form';
  form: string;
  title: string;
  fields: FormField[];
  step: number;
  steps: number;
  cancel?: Choice | null;
}

export interface ChecklistItem { id: string; text: string; note: string }

export interface ChecklistCard extends CardBase {
  type: 'checklist'; title: string; code?: string | null; items: ChecklistItem[]; as_of: string;
}

export interface HandoffCard extends CardBase {
  type: 'handoff';
  prompt: string;
  modes: Media[];
  wait_s: number | null;
  position: number | null;
  state: 'offer' | 'queued' | 'accepted' | 'ended' | 'closed';
  ticket?: string | null;
  agent?: string | null;
  hotline: string;
}

export interface NoticeCard extends CardBase {
  type: 'notice';
  level: 'info' | 'warning' | 'urgent' | 'success';
  title: string;
  text: string;
  actions: Action[];
}

export interface RatingCard extends CardBase {
  type: 'rating'; prompt: string; ticket: string; summary: string; score?: number | null;
}

export type Card =
  | AnswerCard | ChoicesCard | AccountCard | SignInCard | FormCard
  | ChecklistCard | HandoffCard | NoticeCard | RatingCard | CompareCard | BundleCard | CentresCard;

export type Author = 'resident' | 'bot' | 'agent' | 'system';

export interface Message {
  seq: number;
  id: string;
  author: Author;
  /** ISO date-time. */
  at: string;
  lang?: Lang;
  text: string;
  cards: Card[];
  client_id?: string | null;
  agent?: { name: string } | null;
}

/** Who answers now. */
export interface State {
  assistant: 'ready' | 'warming' | 'down';
  mode: 'bot' | 'queued' | 'offered' | 'human';
  ticket: string | null;
  position: number | null;
  wait_s: number | null;
  media: Media | null;
  agent: { name: string; city: City } | null;
  consultation: string | null;
}

export interface Identity {
  name: string; city: City; issuer: string; level: 'L2' | 'L3'; expires_at: string;
}

export interface WireError {
  code: string; message: string; retryable: boolean; details?: Record<string, unknown>;
}

export interface RtcState {
  consultation: string;
  phase: 'waiting' | 'connected' | 'ended';
  peer: { video: boolean; audio: boolean } | null;
}

/** Frames both sockets share. */
export type CommonFrame =
  | { type: 'ack'; client_id: string; seq?: number }
  | { type: 'feedback'; seq: number }
  | { type: 'pong' }
  | { type: 'error'; error: WireError; client_id?: string }
  | { type: 'rtc.answer'; consultation: string; sdp: string }
  | ({ type: 'rtc.state' } & RtcState);

export interface ChatWelcome {
  type: 'welcome';
  conversation: string;
  lang: Lang;
  last_seq: number;
  /** Newest message the resident has seen, on any page; absent from older servers. */
  read_seq?: number;
  state: State;
  identity: Identity | null;
  limits: { message_max_chars: number };
  ice: RTCIceServer[];
  sandbox: boolean;
}

/** Server → resident page. */
export type ChatFrame =
  | CommonFrame
  | ChatWelcome
  | ({ type: 'message' | 'message.changed' } & Message)
  | { type: 'typing'; author: 'bot' | 'agent'; on: boolean }
  | ({ type: 'state' } & State)
  | { type: 'identity'; identity: Identity | null }
  | { type: 'lang'; lang: Lang };

// ------------------------------------------------------------------ desk

export type TicketState =
  | 'queued' | 'offered' | 'active' | 'wrap_up' | 'closed' | 'cancelled' | 'abandoned';

export interface Agent {
  id: string; name: string; username: string;
  roles: string[]; cities: City[]; languages: Lang[]; media: Media[];
}

export interface TicketBrief {
  id: string;
  state: TicketState;
  media: Media;
  lang: Lang;
  city: City | null;
  waiting_since: string;
  reason: string;
  position: number | null;
}

export interface Ticket extends TicketBrief {
  conversation: string;
  resident: { name: string | null; level: string };
  opened_at: string;
  accepted_at: string | null;
  ended_at: string | null;
  agent: string | null;
  consultation: string | null;
  version: number;
  summary: {
    asked: string[];
    cards: { type: Card['type']; code?: string | null; title: string }[];
    slots: Record<string, unknown>;
    lang: Lang;
    city: City | null;
    text: string;
  };
  messages?: Message[];
}

/** Server → desk page. */
export type DeskFrame =
  | CommonFrame
  | {
      type: 'welcome'; agent: Agent; status: 'online' | 'away' | 'offline';
      queue: TicketBrief[]; tickets: Ticket[]; ice: RTCIceServer[]; seq: number;
    }
  | { type: 'queue'; queue: TicketBrief[] }
  | { type: 'offer'; ticket: Ticket; expires_at: string }
  | { type: 'offer.gone'; ticket: string; reason: 'lapsed' | 'taken' | 'cancelled' }
  | { type: 'ticket'; ticket: Ticket }
  | ({ type: 'message'; ticket: string } & Message)
  | { type: 'typing'; ticket?: string; on: boolean }
  | { type: 'presence'; status: 'online' | 'away' | 'offline' };
