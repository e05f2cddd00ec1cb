/** The answer card: the fact first, then where to file, the two cities side by side, what to bring,
 *  and the evidence. Made to be read in five seconds and used for an afternoon. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { CompareTable, FACET_ICON, ordered } from '../compare';
import { day, safeUrl } from '../format';
import { tag, tl, type Params } from '../i18n';
import { Icon } from '../icons';
import { copyText, shareText } from '../overlay';
import type { AnswerCard, Claim, Facet, Material } from '../types';
import { Badge, CardShell, CityMark, cx, IconButton, ScopeMark } from '../ui';
import { Actions } from './actions';
import { printOnly, setTick, ticks, type CardHost } from './host';
import { distinct, Fold, Phones, Provenance, SourceLink } from './parts';

type T = (key: Parameters<typeof tl>[0], params?: Params) => string;

/** The checklist as text, for copying and sharing. */
export function materialsText(card: AnswerCard): string {
  const t: T = (key, params) => tl(key, params, card.lang);
  const done = ticks(card.code).value;
  const lines = card.materials.map(
    (m) => `${done.has(m.id) ? '☑' : '☐'} ${m.name} [${t(`need.${m.need}`)}]${m.note ? ` – ${m.note}` : ''}`,
  );
  const name = card.name[card.lang];
  return [`${name} (${card.code})`, t('answer.materials'), ...lines, t('answer.as_of', { date: day(card.as_of, card.lang) }), t(`status.${card.status}`)].join('\n');
}

function count(m: Material, t: T): string {
  if (m.originals && m.copies) return t('answer.copies', { originals: m.originals, copies: m.copies });
  if (m.originals > 1) return t('answer.originals', { originals: m.originals });
  return m.copies && !m.originals ? t('answer.only_copies', { copies: m.copies }) : '';
}

function Materials({ card, t, open }: { card: AnswerCard; t: T; open: boolean }): JSX.Element | null {
  const box = useRef<HTMLDetailsElement>(null);
  if (!card.materials.length) return null;
  const done = ticks(card.code);
  const needed = card.materials.filter((m) => m.need !== 'exempt');
  const ready = needed.filter((m) => done.value.has(m.id)).length;
  const all = needed.length > 0 && ready === needed.length;
  return (
    <details class="fold materials" open={open} ref={box}>
      <summary>
        <Icon name="list" />
        <span class="fold-title">{t('answer.materials')}</span>
        <span class={cx('fold-note', all && 'fold-done')}>
          {all ? t('answer.ready') : t('answer.ticked', { done: ready, all: needed.length })}
        </span>
        <Icon name="chevron" class="fold-arrow" />
      </summary>
      <ul class="ticks">
        {card.materials.map((m) => (
          <li key={m.id}>
            <label class={cx('tick', m.need === 'exempt' && 'tick-exempt')}>
              <input type="checkbox" checked={done.value.has(m.id)} onChange={(e) => setTick(card.code, m.id, e.currentTarget.checked)} />
              <span class="tick-box" aria-hidden="true"><Icon name="check" /></span>
              <span class="tick-text">
                <span class="tick-name">{m.name}</span>
                <span class="tick-tags">
                  <span class={`need need-${m.need}`}>{t(`need.${m.need}`)}</span>
                  {m.city !== 'both' && m.city !== card.city && <span class="need need-city"><CityMark city={m.city} as={card.lang} /> {t('answer.only_city', { city: t(`city.${m.city}`) })}</span>}
                  {count(m, t) && <span class="tick-note">{count(m, t)}</span>}
                </span>
                {!!m.tags?.length && <span class="tick-tags">{m.tags.map((words) => <span class="tick-tag" key={words}>{words}</span>)}</span>}
                {m.note && <span class="tick-note">{m.note}</span>}
                {m.hint && <span class="tick-note">{m.hint}</span>}
                {safeUrl(m.form_url) && <a class="tick-note" href={safeUrl(m.form_url) ?? undefined} target="_blank" rel="noopener noreferrer">{t('answer.form')}<span class="sr-only">{tl('new_window')}</span></a>}
              </span>
            </label>
          </li>
        ))}
      </ul>
      <div class="fold-tools">
        <small>{t('checklist.keep')}</small>
        <IconButton icon="copy" label={t('copy')} onClick={() => void copyText(materialsText(card))} />
        <IconButton icon="share" label={t('share')} onClick={() => void shareText(card.name[card.lang], materialsText(card))} />
        <IconButton icon="print" label={t('print')} onClick={() => printOnly(box.current?.closest('.card'))} />
      </div>
    </details>
  );
}

function Facts({ claims, t, card }: { claims: Claim[]; t: T; card: AnswerCard }): JSX.Element | null {
  if (!claims.length) return null;
  return (
    <dl class="facts">
      {claims.map((c) => (
        <div key={c.facet + c.text}>
          <dt><Icon name={FACET_ICON[c.facet]} />{t(`facet.${c.facet}`)}</dt>
          <dd>{c.city !== 'both' && c.city !== card.city && <CityMark city={c.city} as={card.lang} />} {c.text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Evidence({ card, t }: { card: AnswerCard; t: T }): JSX.Element | null {
  if (!card.claims.length) return null;
  return (
    <details class="fold">
      <summary>
        <Icon name="shield" /><span class="fold-title">{t('answer.details')}</span>
        <span class="fold-note num">{card.claims.length}</span>
        <Icon name="chevron" class="fold-arrow" />
      </summary>
      <ol class="claims">
        {card.claims.map((c) => (
          <li key={c.facet + c.city + c.text}>
            <p class="claim-text">
              <span class="claim-facet">{t(`facet.${c.facet}`)}</span>
              {c.city !== 'both' && c.city !== card.city && <CityMark city={c.city} as={card.lang} />}
              {c.text}
            </p>
            <p class="claim-source">
              <SourceLink source={c.source} /> · {t('answer.as_of', { date: day(c.as_of, card.lang) })}
              {c.status !== card.status && <> · {t(`status.${c.status}`)}</>}
            </p>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** A headline of several labelled facts (`时限：3 日 · 费用：免费`) in its parts; null for a sentence. */
export function headlineFacts(text: string): { label: string; value: string }[] | null {
  const parts = text.split(' · ').map((part) => /^([^：:]{1,24})(?:：|: )(.+)$/s.exec(part.trim()));
  if (parts.length < 2 || parts.some((part) => !part)) return null;
  return parts.map((part) => ({ label: part?.[1] ?? '', value: part?.[2] ?? '' }));
}

/** A headline that is a way to go (`1. … 2. … 3. …`) in its steps; null for anything else. */
export function headlineSteps(text: string): string[] | null {
  if (!/^1\. /.test(text)) return null;
  const steps = text.split(/(?:^|\s)\d{1,2}\. /).map((step) => step.trim()).filter(Boolean);
  return steps.length > 1 ? steps : null;
}

export interface HeadlineGroup { label: string; items: string[] }

/** A headline of many parts (`条件：甲；乙；不能办的情形：丙`) as lists below what leads them; null for a short
 *  one, and for a sentence. */
export function headlineGroups(text: string): HeadlineGroup[] | null {
  const parts = text.split(/；|; | · /).map((part) => part.trim()).filter(Boolean);
  if (parts.length < 3 || !isLong(text)) return null;
  const groups: HeadlineGroup[] = [];
  for (const part of parts) {
    const said = (groups.length ? /^([^：:（(“"]{1,24})(?:：|: )(.+)$/s : /^(.{1,90}?)(?:：|: )(.+)$/s).exec(part);
    if (said || !groups.length) groups.push({ label: said?.[1] ?? '', items: [] });
    groups.at(-1)?.items.push(said?.[2] ?? part);
  }
  return groups;
}

/** Han characters (two Latin ones count as one) from which on a headline is a paragraph. */
const LONG_HEADLINE = 36;
const isLong = (text: string): boolean => text.replace(/[ -ÿ]{2}/g, '.').length > LONG_HEADLINE;

function Headline({ text }: { text: string }): JSX.Element {
  const steps = headlineSteps(text);
  if (steps) return <ol class="headline-steps">{steps.map((step) => <li key={step}>{step}</li>)}</ol>;
  const facts = headlineFacts(text);
  const groups = facts ? null : headlineGroups(text);
  if (groups) {
    return (
      <div class="headline-groups">
        {groups.map((group, i) => (
          <div key={i}>
            {group.label && <p class="headline-label">{group.label}</p>}
            <ul>{group.items.map((item) => <li key={item}>{item}</li>)}</ul>
          </div>
        ))}
      </div>
    );
  }
  if (!facts) return <p class={cx('headline', isLong(text) && 'headline-long')}>{text}</p>;
  const tooLong = (f: { value: string }): boolean => [...f.value].length > 16;
  const alone = facts.filter((f) => !tooLong(f)).length === 1;
  const long = (f: { value: string }): boolean => alone || tooLong(f);
  // Short facts side by side first, long ones below them on their own line; one short one has the line as well.
  return (
    <dl class="headline-facts">
      {[...facts.filter((f) => !long(f)), ...facts.filter(long)].map((f) => (
        <div key={f.label} class={cx(long(f) && 'wide')}><dt>{f.label}</dt><dd>{f.value}</dd></div>
      ))}
    </dl>
  );
}

const CITY_PREFIX: [RegExp, 'shenzhen' | 'dongguan'][] = [
  [/^(深圳|Shenzhen)(：|: ?)/, 'shenzhen'], [/^(东莞|Dongguan)(：|: ?)/, 'dongguan'],
];

/** Folded away when the table already compares the channels. */
function Channels({ card, t }: { card: AnswerCard; t: T }): JSX.Element | null {
  if (!card.channels.length) return null;
  const open = !card.comparison.some((r) => r.facet === 'channels') || card.facet === 'channels';
  return (
    <Fold icon="list" title={t('answer.channels')} note={card.channels.length} open={open}>
      {card.ways?.length ? (
        <ul class="way-list">
          {card.ways.map((way) => (
            <li key={way.city + way.name}>
              {way.city !== 'both' && way.city !== card.city && <CityMark city={way.city} as={card.lang} />}{' '}
              {safeUrl(way.url) ? <a href={safeUrl(way.url) ?? undefined} target="_blank" rel="noopener noreferrer">{way.name}<span class="sr-only">{tl('new_window')}</span></a> : way.name}
              {way.notes.length > 0 && <span class="tick-note"> {way.notes.join(' · ')}</span>}
              {way.phone && <span class="tick-note"> <Phones phones={[way.phone]} /></span>}
            </li>
          ))}
        </ul>
      ) : (
        <ul class="channels">
          {card.channels.map((channel) => {
            const [prefix, city] = CITY_PREFIX.find(([pattern]) => pattern.test(channel)) ?? [null, null];
            return <li key={channel}>{city && <CityMark city={city} as={card.lang} />}<span>{prefix ? channel.replace(prefix, '') : channel}</span></li>;
          })}
        </ul>
      )}
    </Fold>
  );
}

/** What is different soon: before everything a resident would act on. */
function Changes({ card, t }: { card: AnswerCard; t: T }): JSX.Element | null {
  if (!card.changes?.length) return null;
  return (
    <div class="changes" role="note">
      <strong>{t('answer.changes')}</strong>
      <ul>
        {card.changes.map((c) => (
          <li key={c.on + c.city + c.text}>
            {c.city !== 'both' && c.city !== card.city && <CityMark city={c.city} as={card.lang} />} {c.text}
            <span class="tick-note"> <SourceLink source={c.source} /></span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Steps({ card, t }: { card: AnswerCard; t: T }): JSX.Element | null {
  const steps = card.steps ?? [];
  if (!steps.length) return null;
  const groups = [...new Set(steps.map((s) => s.city))];
  return (
    <Fold icon="list" title={t('answer.steps')} note={groups.length > 1 ? undefined : steps.length}>
      {groups.map((city) => (
        <section key={city}>
          {groups.length > 1 && city !== 'both' && <h4><CityMark city={city} named as={card.lang} /></h4>}
          <ol class="step-list">
            {steps.filter((s) => s.city === city).map((s) => (
              <li key={s.text}><span>{s.text}{s.note && <span class="tick-note"> {s.note}</span>}</span></li>
            ))}
          </ol>
        </section>
      ))}
    </Fold>
  );
}

function Faqs({ card, t }: { card: AnswerCard; t: T }): JSX.Element | null {
  if (!card.faqs?.length) return null;
  return (
    <Fold icon="chat" title={t('answer.faqs')} note={card.faqs.length}>
      <dl class="faq-list">
        {card.faqs.map((f) => (
          <div key={f.city + f.question}>
            <dt>{f.city !== 'both' && f.city !== card.city && <CityMark city={f.city} as={card.lang} />} {f.question}</dt>
            <dd>{f.answer} <span class="tick-note"><SourceLink source={f.source} /> · {t('answer.as_of', { date: day(f.as_of, card.lang) })}</span></dd>
          </div>
        ))}
      </dl>
    </Fold>
  );
}

/** What is asked of the matter as a whole, or of how it is done, wants the documents at once. */
const WITH_MATERIALS: ReadonlySet<Facet> = new Set(['overview', 'documents', 'steps', 'which_city']);

export function Answer({ card, host }: { card: AnswerCard; host: CardHost }): JSX.Element {
  const t: T = (key, params) => tl(key, params, card.lang);
  const name = card.name[card.lang];
  // The checklist below says it better than a row that is the same in both cities.
  const useful = card.comparison.filter((r) => r.facet !== 'documents' || r.differs || !card.materials.length);
  const rows = ordered(useful, card.facet);
  const differing = card.comparison.filter((r) => r.differs).length;
  const sources = distinct(card.claims.map((c) => c.source));
  const materialsFirst = card.facet === 'documents';
  const materials = <Materials card={card} t={t} open={WITH_MATERIALS.has(card.facet)} />;
  return (
    <CardShell label={name} lang={tag(card.lang)} class="answer">
      <header class="answer-head">
        <ScopeMark scope={card.city} as={card.lang} />
        <span class="code num"><span class="sr-only">{t('answer.code')} </span>{card.code}</span>
        <h3>{name}</h3>
      </header>
      <Headline text={card.headline} />
      {!!card.marks?.length && <p class="marks" aria-label={t('answer.marks')}>{card.marks.map((words) => <Badge key={words}>{words}</Badge>)}</p>}
      <Changes card={card} t={t} />
      {card.summary && card.summary !== card.headline && <p class="summary">{card.summary}</p>}
      {card.jurisdiction && (
        <p class="jurisdiction"><Icon name="pin" /><span><strong>{t('answer.jurisdiction')}</strong>{card.jurisdiction}</span></p>
      )}
      {materialsFirst && materials}
      {rows.length > 0 ? (
        <section class="compare-block">
          <h4>
            {t('answer.compare')}
            <span class={cx('compare-count', differing > 0 && 'compare-count-on')}>
              {differing ? t('answer.differ_count', { n: differing }) : t('answer.all_same')}
            </span>
          </h4>
          <CompareTable rows={rows} caption={t('answer.compare.caption', { name })} lang={card.lang} />
        </section>
      ) : (
        <Facts claims={card.claims.filter((c) => c.facet !== 'overview').slice(0, 6)} t={t} card={card} />
      )}
      {!materialsFirst && materials}
      <Channels card={card} t={t} />
      {!headlineSteps(card.headline) && <Steps card={card} t={t} />}
      <Faqs card={card} t={t} />
      {card.result && <p class="card-note">{t('answer.result')}{card.lang === 'zh' ? '：' : ': '}{card.result}</p>}
      {!!card.phones?.length && <p class="card-note">{t('answer.phones')}{card.lang === 'zh' ? '：' : ': '}<Phones phones={card.phones} /></p>}
      <Evidence card={card} t={t} />
      <Provenance card={card} sources={sources} />
      <Actions actions={card.actions} host={host} lang={card.lang} onKeep={() => void shareText(name, materialsText(card))} />
    </CardShell>
  );
}
