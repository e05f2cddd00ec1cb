/** Cards that ask or tell: choices, sign-in, form, checklist, notice. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { day } from '../format';
import { tag, tl } from '../i18n';
import { Icon, type IconName } from '../icons';
import { copyText, shareText } from '../overlay';
import type { ChecklistCard, Choice, ChoicesCard, FormCard, FormField, NoticeCard, SignInCard } from '../types';
import { Badge, Button, CardShell, Chip, cx, IconButton, LinkButton } from '../ui';
import { Actions } from './actions';
import { clearTicks, printOnly, setTick, ticks, type CardHost } from './host';

export function Choices({ card, host }: { card: ChoicesCard; host: CardHost }): JSX.Element {
  const picked = useSignal<string | null>(null);
  const pick = (c: Choice) => (): void => {
    // Not `disabled`: the focus must not fall out of the thread when a choice is made.
    if (host.live === false) return;
    picked.value = c.token;
    host.choose?.(c.token, c.title);
  };
  if (card.aside) {
    return (
      <CardShell label={card.prompt} lang={tag(card.lang)} class="what-else">
        <p>{card.prompt}</p>
        <ul class="chips" aria-label={tl('choices.label', undefined, card.lang)}>
          {card.choices.map((c) => (
            <li key={c.token}>
              <Chip selected={picked.value === c.token || undefined} disabled={!host.choose} aria-disabled={host.live === false || undefined} onClick={pick(c)}>{c.title}</Chip>
            </li>
          ))}
        </ul>
      </CardShell>
    );
  }
  return (
    <CardShell label={card.prompt || tl('choices.label', undefined, card.lang)} lang={tag(card.lang)} class="choices">
      {card.prompt && <p class="prompt">{card.prompt}</p>}
      <ul class="choice-list" aria-label={tl('choices.label', undefined, card.lang)}>
        {card.choices.map((c) => (
          <li key={c.token}>
            <button
              type="button" class={cx('choice', picked.value === c.token && 'choice-on')}
              disabled={!host.choose} aria-disabled={host.live === false || undefined}
              onClick={pick(c)}
            >
              <span class="choice-text"><strong>{c.title}</strong>{c.hint && <small>{c.hint}</small>}</span>
              <Icon name={picked.value === c.token ? 'check' : 'right'} />
            </button>
          </li>
        ))}
      </ul>
    </CardShell>
  );
}

export function SignIn({ card, host }: { card: SignInCard; host: CardHost }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0]): string => tl(key, undefined, card.lang);
  const done = !!host.identity && (card.level !== 'L3' || host.identity.level === 'L3');
  return (
    <CardShell label={card.prompt} lang={tag(card.lang)} class="signin">
      <header class="account-head">
        <Icon name="shield" />
        <div><h3>{card.prompt}</h3><p>{card.purpose && card.purpose !== card.prompt ? card.purpose : t(`signin.level.${card.level}`)}</p></div>
      </header>
      {card.sandbox && <p class="sandbox-note"><Icon name="warning" /><span>{t('signin.sandbox')}</span></p>}
      {done ? (
        <Badge tone="success" icon="success">{t('signin.done')} · {host.identity?.name}</Badge>
      ) : (
        <div class="stack">
          {card.options.map((o) => <LinkButton key={o.issuer} href={o.url} variant="primary" block>{o.title}</LinkButton>)}
        </div>
      )}
      <p class="card-note">{t('signin.safe')}</p>
    </CardShell>
  );
}

const INPUT: Record<FormField['kind'], { type: 'text' | 'date' | 'tel'; inputMode?: 'decimal' | 'tel'; autoComplete?: string }> = {
  text: { type: 'text' }, number: { type: 'text', inputMode: 'decimal' }, date: { type: 'date' },
  phone: { type: 'tel', inputMode: 'tel', autoComplete: 'tel' }, choice: { type: 'text' },
};

/** Why a value cannot be sent, as a text key; null when it can. */
export function fieldProblem(field: FormField, value: string): 'form.required' | 'form.bad_number' | 'form.bad_phone' | null {
  const text = value.trim();
  if (!text) return field.required ? 'form.required' : null;
  if (field.kind === 'number' && !/^\d+(\.\d+)?$/.test(text.replace(/,/g, ''))) return 'form.bad_number';
  if (field.kind === 'phone' && !/^1\d{10}$/.test(text.replace(/[\s-]/g, ''))) return 'form.bad_phone';
  return null;
}

function Ask({ field, host, lang }: { field: FormField; host: CardHost; lang: 'zh' | 'en' }): JSX.Element {
  const id = useId();
  const value = useSignal('');
  const problem = useSignal<ReturnType<typeof fieldProblem>>(null);
  const off = host.live === false || !host.say;
  if (field.kind === 'choice' || field.choices.length) {
    return (
      <fieldset class="stack">
        <legend class="field-label">{field.label}</legend>
        {field.hint && <p class="field-hint">{field.hint}</p>}
        <div class="chips">
          {field.choices.map((c) => (
            <Chip key={c.token} hint={c.hint} disabled={off} onClick={() => host.choose?.(c.token, c.title)}>{c.title}</Chip>
          ))}
        </div>
      </fieldset>
    );
  }
  const submit = (event: Event): void => {
    event.preventDefault();
    problem.value = fieldProblem(field, value.value);
    if (!problem.value && value.value.trim()) host.say?.(value.value.trim());
    else document.getElementById(id)?.focus();
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <label class="field-label" for={id}>{field.label}{!field.required && tl('form.optional', undefined, lang)}</label>
      {field.hint && <p class="field-hint" id={`${id}h`}>{field.hint}</p>}
      <div class="ask-row">
        <input
          id={id} class="input" {...(INPUT[field.kind] as { type: 'text' })} value={value.value} disabled={off} aria-required={field.required}
          aria-invalid={!!problem.value} aria-describedby={`${field.hint ? `${id}h ` : ''}${problem.value ? `${id}p` : ''}`.trim() || undefined}
          onInput={(e) => { value.value = e.currentTarget.value; problem.value = null; }}
        />
        <Button type="submit" variant="primary" disabled={off}>{tl('form.submit', undefined, lang)}</Button>
      </div>
      {problem.value && <p class="field-problem" id={`${id}p`} role="alert"><Icon name="warning" />{tl(problem.value, undefined, lang)}</p>}
    </form>
  );
}

export function Form({ card, host }: { card: FormCard; host: CardHost }): JSX.Element {
  const given = card.fields.filter((f) => f.value != null && f.value !== '');
  const asking = card.fields.filter((f) => f.value == null || f.value === '').slice(0, 1);
  const { cancel } = card;
  return (
    <CardShell label={card.title} lang={tag(card.lang)} class="form">
      <header class="form-head">
        <h3>{card.title}</h3>
        {card.steps > 1 && (
          <div class="progress">
            <progress max={card.steps} value={card.step} aria-label={card.title} />
            <span class="num">{tl('form.step', { step: card.step, steps: card.steps }, card.lang)}</span>
          </div>
        )}
      </header>
      {given.length > 0 && (
        <dl class="side-fields" aria-label={tl('form.collected', undefined, card.lang)}>
          {given.map((f) => <div key={f.name}><dt>{f.label}</dt><dd>{f.value}</dd></div>)}
        </dl>
      )}
      {asking.map((f) => <Ask key={f.name} field={f} host={host} lang={card.lang} />)}
      {cancel && <Button variant="quiet" disabled={host.live === false || !host.choose} onClick={() => host.choose?.(cancel.token, cancel.title)}>{cancel.title}</Button>}
    </CardShell>
  );
}

export function Checklist({ card }: { card: ChecklistCard; host: CardHost }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const key = card.code ?? card.title;
  const done = ticks(key);
  const text = (): string => [card.title, ...card.items.map((i) => `${done.value.has(i.id) ? '☑' : '☐'} ${i.text}${i.note ? ` – ${i.note}` : ''}`)].join('\n');
  const t = (k: Parameters<typeof tl>[0]): string => tl(k, undefined, card.lang);
  const ready = card.items.filter((i) => done.value.has(i.id)).length;
  return (
    <CardShell label={card.title} lang={tag(card.lang)} class="checklist">
      <div ref={box} class="stack">
        <header class="account-head">
          <Icon name="list" />
          <div><h3>{card.title}</h3><p>{tl('answer.ticked', { done: ready, all: card.items.length }, card.lang)} · {tl('answer.as_of', { date: day(card.as_of, card.lang) }, card.lang)}</p></div>
        </header>
        <ul class="ticks">
          {card.items.map((i) => (
            <li key={i.id}>
              <label class="tick">
                <input type="checkbox" checked={done.value.has(i.id)} onChange={(e) => setTick(key, i.id, e.currentTarget.checked)} />
                <span class="tick-box" aria-hidden="true"><Icon name="check" /></span>
                <span class="tick-text"><span class="tick-name">{i.text}</span>{i.note && <span class="tick-note">{i.note}</span>}</span>
              </label>
            </li>
          ))}
        </ul>
        <div class="fold-tools">
          <small>{t('checklist.keep')}</small>
          {ready > 0 && <IconButton icon="refresh" label={t('checklist.clear')} onClick={() => clearTicks(key)} />}
          <IconButton icon="copy" label={t('copy')} onClick={() => void copyText(text())} />
          <IconButton icon="share" label={t('share')} onClick={() => void shareText(card.title, text())} />
          <IconButton icon="print" label={t('print')} onClick={() => printOnly(box.current?.closest('.card'))} />
        </div>
      </div>
    </CardShell>
  );
}

const LEVEL_ICON: Record<NoticeCard['level'], IconName> = { info: 'info', warning: 'warning', urgent: 'urgent', success: 'success' };

export function Notice({ card, host }: { card: NoticeCard; host: CardHost }): JSX.Element {
  const level = tl(`notice.${card.level}`, undefined, card.lang);
  return (
    <CardShell label={card.title || level} lang={tag(card.lang)} class={`notice tone-${card.level}`}>
      <Icon name={LEVEL_ICON[card.level]} label={level} />
      <div class="notice-body">
        {card.title && <h3>{card.title}</h3>}
        <p class="pre">{card.text}</p>
        <Actions actions={card.actions} host={host} lang={card.lang} />
      </div>
    </CardShell>
  );
}
