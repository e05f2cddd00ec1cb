/** A life event: questions that shorten it, the steps in order, and one list of documents to tick. */
import type { JSX } from 'preact';
import { tag, tl, type Params } from '../i18n';
import { Icon } from '../icons';
import { copyText, shareText } from '../overlay';
import type { BundleAsk, BundleCard } from '../types';
import { CardShell, Chip, IconButton, ScopeMark } from '../ui';
import { Actions } from './actions';
import { printOnly, setTick, ticks, type CardHost } from './host';
import { Fold, Provenance } from './parts';
import { useRef } from 'preact/hooks';

type T = (key: Parameters<typeof tl>[0], params?: Params) => string;

const numbers = (list: number[], card: BundleCard): string => list.join(card.lang === 'zh' ? '、' : ', ');

/** The plan as text, for copying and sharing. */
export function bundleText(card: BundleCard): string {
  const t: T = (key, params) => tl(key, params, card.lang);
  const done = ticks(card.id).value;
  return [
    `${card.name[card.lang]} (${card.id})`,
    ...card.steps.map((s) => `${s.number}. ${s.name} (${s.code})${s.where ? ` – ${s.where}` : ''}`),
    t('bundle.documents'),
    ...card.documents.map((d) => `${done.has(d.id) ? '☑' : '☐'} ${d.name} [${t(`need.${d.need}`)}] ${t('bundle.for', { list: numbers(d.steps, card) })}${d.note && ` · ${d.note}`}`),
    ...(card.disclaimer ? [card.disclaimer] : []),
  ].join('\n');
}

function Ask({ ask, host }: { ask: BundleAsk; host: CardHost }): JSX.Element {
  const at = ask.answer === true ? 0 : ask.answer === false ? 1 : 2;
  const off = host.live === false || !host.choose;
  return (
    <fieldset class="bundle-ask">
      <legend>{ask.text}</legend>
      <div class="chips">
        {ask.options.map((option, i) => (
          <Chip key={option.title} selected={i === at} disabled={off} onClick={() => i !== at && host.choose?.(option.token, `${ask.text} ${option.title}`)}>{option.title}</Chip>
        ))}
      </div>
    </fieldset>
  );
}

export function Bundle({ card, host }: { card: BundleCard; host: CardHost }): JSX.Element {
  const t: T = (key, params) => tl(key, params, card.lang);
  const box = useRef<HTMLDivElement>(null);
  const name = card.name[card.lang];
  const done = ticks(card.id);
  const ready = card.documents.filter((d) => done.value.has(d.id)).length;
  return (
    <CardShell label={name} lang={tag(card.lang)} class="answer bundle">
      <div ref={box} class="stack">
        <header class="answer-head">
          <span class="code num">{card.id}</span>
          <h3>{name}</h3>
        </header>
        {card.summary && <p class="summary">{card.summary}</p>}
        {card.total && <p class="jurisdiction"><Icon name="clock" /><span><strong>{t('bundle.total')}</strong>{card.total}</span></p>}
        {card.questions.length > 0 && (
          <Fold icon="info" title={t('bundle.questions')} note={card.questions.length} open={card.questions.some((q) => q.answer == null)}>
            <div class="bundle-asks">{card.questions.map((q) => <Ask key={q.id} ask={q} host={host} />)}</div>
          </Fold>
        )}
        <ol class="bundle-steps" aria-label={t('bundle.steps')}>
          {card.steps.map((s) => (
            <li key={s.code}>
              <span class="bundle-number num" aria-hidden="true">{s.number}</span>
              <div>
                <p class="bundle-name">
                  <button type="button" class="link" disabled={!host.choose} onClick={() => host.choose?.(s.token, s.name)}>{s.name}</button>
                  {s.optional && <span class="need need-conditional">{t('bundle.optional')}</span>}
                  <ScopeMark scope={s.city} as={card.lang} />
                </p>
                {s.condition && <p class="tick-note">{s.condition}</p>}
                <p class="tick-note"><Icon name="pin" /> {s.where}</p>
                {s.time && <p class="tick-note"><Icon name="clock" /> {s.time}</p>}
                {s.who && <p class="tick-note"><Icon name="person" /> {t('bundle.who')}{card.lang === 'zh' ? '：' : ': '}{s.who}</p>}
                {s.after.length > 0 && <p class="tick-note">{t('bundle.after', { list: numbers(s.after, card) })}</p>}
                {s.note && <p class="tick-note">{s.note}</p>}
              </div>
            </li>
          ))}
        </ol>
        {card.documents.length > 0 && (
          <Fold icon="list" title={t('bundle.documents')} note={t('answer.ticked', { done: ready, all: card.documents.length })} open>
            <ul class="ticks">
              {card.documents.map((d) => (
                <li key={d.id}>
                  <label class="tick">
                    <input type="checkbox" checked={done.value.has(d.id)} onChange={(e) => setTick(card.id, d.id, e.currentTarget.checked)} />
                    <span class="tick-box" aria-hidden="true"><Icon name="check" /></span>
                    <span class="tick-text">
                      <span class="tick-name">{d.name}</span>
                      <span class="tick-tags">
                        <span class={`need need-${d.need}`}>{t(`need.${d.need}`)}</span>
                        <span class="tick-note">{t('bundle.for', { list: numbers(d.steps, card) })}{d.copies > 0 && ` · ${t('answer.copies', { originals: d.originals, copies: d.copies })}`}</span>
                      </span>
                      {d.note && <span class="tick-note">{d.note}</span>}
                    </span>
                  </label>
                </li>
              ))}
            </ul>
            <div class="fold-tools">
              <small>{t('checklist.keep')}</small>
              <IconButton icon="copy" label={t('copy')} onClick={() => void copyText(bundleText(card))} />
              <IconButton icon="share" label={t('share')} onClick={() => void shareText(name, bundleText(card))} />
              <IconButton icon="print" label={t('print')} onClick={() => printOnly(box.current?.closest('.card'))} />
            </div>
          </Fold>
        )}
        {card.shared_fields.length > 0 && <p class="card-note">{t('bundle.fields')}{card.lang === 'zh' ? '：' : ': '}{card.shared_fields.join(card.lang === 'zh' ? '、' : ', ')}</p>}
      </div>
      <Provenance card={card} sources={[card.source]} />
      <Actions actions={card.actions} host={host} lang={card.lang} onKeep={() => void shareText(name, bundleText(card))} />
    </CardShell>
  );
}
