/** The right column: what is known about the resident and the matter, the service list, and ready
 *  phrases; three tabs of one place, so that nothing beside it moves. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { elapsed } from '../lib/format';
import { textLang, tl } from '../lib/i18n';
import { zh as libWords } from '../lib/locales/zh';
import { Icon } from '../lib/icons';
import type { Facet } from '../lib/types';
import { Avatar, Badge, cx } from '../lib/ui';
import { Block, CityTag, Facts, hot, LangTag, MediaTag, nameOf, Wait } from './bits';
import type { Desk, Side } from './desk';
import { Glyph, type AnyIcon } from './glyph';
import type { Command } from './keys';
import { phrasesOf } from './phrases';
import { ServiceSearch } from './services';
import type { Held } from './state';
import { t } from './text';

/** Slots that mean something to an agent; the others are the dialogue engine's own. */
const HIDDEN = new Set(['lang', 'lang_was', 'last_cards', 'pending_request', 'answer_context', 'misunderstood', 'upset', 'requested_slot', 'session_started_metadata']);

/** Slots worth showing, as readable pairs. */
export function slotRows(slots: Record<string, unknown>): [string, string][] {
  return Object.entries(slots)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== null && value !== '' && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => {
      const key = `slot.${name}`;
      const label = key in KNOWN ? t(KNOWN[key] as 'slot.city') : name.replace(/_/g, ' ');
      if (name === 'city' && (value === 'shenzhen' || value === 'dongguan')) return [label, t(`cityname.${value}`)];
      if (name === 'facet' && `facet.${String(value)}` in libWords) return [label, tl(`facet.${String(value) as Facet}`)];
      return [label, typeof value === 'boolean' ? t(value ? 'yes' : 'no') : String(value)];
    });
}

const KNOWN: Record<string, 'slot.city' | 'slot.callback_topic' | 'slot.callback_phone' | 'slot.item' | 'slot.facet'> = {
  'slot.city': 'slot.city', 'slot.callback_topic': 'slot.callback_topic', 'slot.callback_phone': 'slot.callback_phone', 'slot.item': 'slot.item', 'slot.facet': 'slot.facet',
};

function Info({ desk, held, preview }: { desk: Desk; held: Held; preview: boolean }): JSX.Element {
  const { ticket } = held;
  const { summary, resident } = ticket;
  const slots = slotRows(summary.slots ?? {});
  const known = resident.level >= 'L2';
  const waited = ticket.accepted_at ? elapsed(Date.parse(ticket.accepted_at) - Date.parse(ticket.waiting_since)) : null;
  const note = desk.drafts.report(ticket.id).value.note;
  return (
    <div class="info">
      <section class="person" aria-label={t('role.resident')}>
        <Avatar kind="resident" name={resident.name} />
        <div>
          <strong>{nameOf(resident)}</strong>
          <span class="person-level"><Badge tone={known ? 'success' : 'neutral'} icon={known ? 'shield' : 'person'}>{t(`level.${resident.level as 'L0'}`)}</Badge></span>
        </div>
        <p class="field-hint">{t(known ? 'level.known_text' : 'level.unknown_text')}</p>
      </section>
      <Facts rows={[
        [t('info.city'), <CityTag city={ticket.city} />],
        [t('info.lang'), <><LangTag value={ticket.lang} /> {t(`lang.${ticket.lang}`)}</>],
        [t('info.media'), <MediaTag media={ticket.media} />],
        [t('info.waited'), waited ? <span class="num">{waited}</span> : <Wait since={ticket.waiting_since} now={desk.now.value} />],
      ]} />
      <Block title={t('info.asked')}>
        {summary.asked.length ? <ul class="quotes">{summary.asked.map((q, i) => <li key={i} lang={textLang(q)}>{q}</li>)}</ul> : <p class="field-hint">{t('info.no_asked')}</p>}
      </Block>
      <Block title={t('info.cards')}>
        {summary.cards.length ? (
          <ul class="shown">{summary.cards.map((c) => <li key={c.type + c.title}><Icon name={c.type === 'account' ? 'wallet' : 'doc'} /><span lang={textLang(c.title)}>{c.title}</span>{c.code && <span class="code">{c.code}</span>}</li>)}</ul>
        ) : <p class="field-hint">{t('info.no_cards')}</p>}
      </Block>
      {slots.length > 0 && <Block title={t('info.slots')}><Facts rows={slots} /></Block>}
      {!preview && (
        <Block title={t('info.note')}>
          <label class="sr-only" for="side-note">{t('info.note')}</label>
          <textarea id="side-note" class="input" rows={3} maxLength={2000} placeholder={t('info.note_hint')} value={note} onInput={(e) => desk.drafts.setReport(ticket.id, { note: e.currentTarget.value })} />
        </Block>
      )}
    </div>
  );
}

function Phrases({ desk, held }: { desk: Desk; held: Held | null }): JSX.Element {
  const live = held?.ticket.state === 'active';
  const as = held?.ticket.lang ?? 'zh';
  const list = phrasesOf({ agent: desk.agent.name, city: held?.ticket.city ?? null });
  return (
    <div class="phrases">
      <p class="field-hint">{t(live ? 'phrases.hint' : 'search.no_talk')}</p>
      {list.map((group) => (
        <Block key={group.key} title={t(group.key)}>
          <ul>
            {group.phrases.map((p) => (
              <li key={p.zh}>
                <button type="button" class="phrase" disabled={!live} onClick={() => desk.insert(p[as])}>
                  <span lang={as === 'zh' ? 'zh-CN' : 'en'}>{p[as]}</span>
                </button>
              </li>
            ))}
          </ul>
        </Block>
      ))}
    </div>
  );
}

const TABS: { value: Side; icon: AnyIcon; command: Command }[] = [
  { value: 'info', icon: 'person', command: 'info' },
  { value: 'search', icon: 'search', command: 'search' },
  { value: 'phrases', icon: 'chat', command: 'phrases' },
];

export function Context({ desk, held, preview }: { desk: Desk; held: Held | null; preview: boolean }): JSX.Element {
  const side = desk.side.value;
  const bar = useRef<HTMLDivElement>(null);
  const step = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!move) return;
    event.preventDefault();
    const at = TABS.findIndex((x) => x.value === side);
    const next = TABS[(at + move + TABS.length) % TABS.length];
    if (next) desk.side.value = next.value;
    queueMicrotask(() => bar.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  return (
    <>
      <h2 class="sr-only" id="side-title">{t('side.title')}</h2>
      <div class="side-tabs" role="tablist" aria-labelledby="side-title" ref={bar} onKeyDown={step}>
        {TABS.map(({ value, icon, command }) => (
          <button
            key={value} type="button" role="tab" id={`side-${value}`} aria-selected={side === value} aria-controls="side-panel" tabIndex={side === value ? 0 : -1}
            class={cx('side-tab', side === value && 'side-on')} {...hot(command, t(`side.${value}`))} onClick={() => (desk.side.value = value)}
          >
            <Glyph name={icon} /><span>{t(`side.${value}`)}</span>
          </button>
        ))}
      </div>
      <div class="col-body side-body" role="tabpanel" id="side-panel" aria-labelledby={`side-${side}`} tabIndex={0}>
        {side === 'info' && (held ? <Info desk={desk} held={held} preview={preview} /> : <div class="nothing"><Icon name="person" /><p>{t('side.nothing')}</p></div>)}
        {side === 'search' && <ServiceSearch as={held?.ticket.lang ?? 'zh'} city={held?.ticket.city ?? null} onInsert={held?.ticket.state === 'active' && !preview ? (text) => desk.insert(text) : null} />}
        {side === 'phrases' && <Phrases desk={desk} held={preview ? null : held} />}
      </div>
    </>
  );
}
