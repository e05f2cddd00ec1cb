/** After the conversation: the report. Its summary is what the resident will read; the note stays
 *  inside. Every key stroke is kept, the delivery is repeated under one id until it is acknowledged. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from '../lib/icons';
import { textLang, tl } from '../lib/i18n';
import { Badge, Button, cx } from '../lib/ui';
import { hot, nameOf } from './bits';
import type { Desk } from './desk';
import { draftCodes, draftSummary } from './facts';
import type { Outcome, Report } from './drafts';
import { CodePicker } from './services';
import type { Held } from './state';
import { t } from './text';

const OUTCOMES: { value: Outcome; icon: IconName }[] = [
  { value: 'solved', icon: 'success' }, { value: 'referred', icon: 'external' },
  { value: 'follow_up', icon: 'clock' }, { value: 'abandoned', icon: 'logout' },
];
const MAX = 2000;

/** What is still missing before a report can be sent. */
export function gapsOf(report: Report): ('summary' | 'outcome')[] {
  const gaps: ('summary' | 'outcome')[] = [];
  if (!report.summary.trim() || [...report.summary].length > MAX) gaps.push('summary');
  if (!report.outcome) gaps.push('outcome');
  return gaps;
}

export function WrapUp({ desk, held }: { desk: Desk; held: Held }): JSX.Element {
  const { ticket, messages } = held;
  const id = ticket.id;
  const head = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const tried = useSignal(false);
  const report = desk.drafts.report(id).value;
  const item = desk.socket.outbox.value.find((o) => o.client_id === report.client_id);
  const sending = item?.state === 'sending';
  const failed = item?.state === 'failed';
  const gone = failed && item.error?.code === 'desk_ticket_state';
  const gaps = gapsOf(report);

  useEffect(() => {
    tried.value = false;
    const now = desk.drafts.report(id).peek();
    if (!now.edited && !now.summary) {
      const spoke = messages.some((m) => m.author === 'agent');
      desk.drafts.setReport(id, {
        summary: draftSummary(ticket, messages),
        codes: now.codes.length ? now.codes : draftCodes(ticket, messages),
        outcome: now.outcome ?? (spoke ? null : 'abandoned'),
      });
    }
    head.current?.focus({ preventScroll: true });
  }, [id]);

  const set = (change: Partial<Report>): void => desk.drafts.setReport(id, change);
  const submit = (event?: Event): void => {
    event?.preventDefault();
    tried.value = true;
    if (gaps.length) {
      form.current?.querySelector<HTMLElement>(gaps[0] === 'outcome' ? 'input[name="outcome"]' : '#wrap-summary')?.focus();
      return;
    }
    if (!sending) desk.report(id, report);
  };
  const left = MAX - [...report.summary].length;
  return (
    <form class="wrap" ref={form} onSubmit={submit} id="wrap-form" aria-labelledby="wrap-title">
      <header class="wrap-head">
        <h2 id="wrap-title" ref={head} tabIndex={-1}>{t('wrap.title', { name: nameOf(ticket.resident) })}</h2>
        <p>{t('wrap.text')}</p>
      </header>
      <div class="wrap-body">
        {held.overdue && <p class="gate-note tone-warning"><Icon name="clock" />{t('wrap.overdue')}</p>}
        <fieldset class="outcomes" disabled={sending}>
          <legend class="field-label">{t('wrap.outcome')}</legend>
          <div class="outcome-grid">
            {OUTCOMES.map(({ value, icon }) => (
              <label key={value} class={cx('outcome', report.outcome === value && 'outcome-on')}>
                <input type="radio" class="sr-only" name="outcome" value={value} checked={report.outcome === value} onChange={() => set({ outcome: value })} />
                <Icon name={icon} /><span>{t(`outcome.${value}`)}</span>
              </label>
            ))}
          </div>
          {tried.value && !report.outcome && <p class="field-problem" role="alert"><Icon name="warning" />{t('wrap.need_outcome')}</p>}
        </fieldset>
        <div class="field">
          <label class="field-label" for="wrap-summary">{t('wrap.summary')}<Badge tone="info" icon="eye">{t('wrap.seen')}</Badge><span class="lang-tag">{ticket.lang === 'zh' ? '中' : 'EN'}</span></label>
          <textarea
            id="wrap-summary" class="input" rows={6} value={report.summary} readOnly={sending} lang={textLang(report.summary || '中')}
            aria-invalid={left < 0 || (tried.value && !report.summary.trim())} aria-describedby="wrap-summary-hint"
            onInput={(e) => set({ summary: e.currentTarget.value, edited: true })}
          />
          <p class="field-hint wrap-hint" id="wrap-summary-hint">
            <span>{t('wrap.summary_hint')}</span>
            {report.edited && <button type="button" class="link-btn" disabled={sending} onClick={() => set({ summary: draftSummary(ticket, messages), edited: false })}>{t('wrap.redraft')}</button>}
            {left < 200 && <span class={cx('num', left < 0 && 'field-problem')}>{left < 0 ? t('compose.over', { n: -left }) : t('compose.left', { n: left })}</span>}
          </p>
          {tried.value && !report.summary.trim() && <p class="field-problem" role="alert"><Icon name="warning" />{t('wrap.need_summary')}</p>}
        </div>
        <div class="field">
          <span class="field-label" id="wrap-codes">{t('wrap.codes')}</span>
          <CodePicker value={report.codes} as={ticket.lang} disabled={sending} onChange={(codes) => set({ codes })} />
        </div>
        <div class="field">
          <label class="field-label" for="wrap-note">{t('wrap.note')}<Badge icon="eye-off">{t('wrap.private')}</Badge></label>
          <textarea id="wrap-note" class="input" rows={2} maxLength={MAX} value={report.note} readOnly={sending} onInput={(e) => set({ note: e.currentTarget.value })} />
        </div>
      </div>
      <footer class="wrap-foot">
        {failed ? (
          <p class="field-problem" role="alert"><Icon name="warning" />{item.error?.message || t('wrap.failed')}</p>
        ) : (
          <p class="field-hint" role="status">{sending ? t(desk.socket.ready.value ? 'wrap.sending' : 'wrap.queued') : t('wrap.kept')}</p>
        )}
        {gone && <Button variant="quiet" onClick={() => desk.dismiss(id)}>{t('wrap.dismiss')}</Button>}
        <Button type="submit" variant="primary" size="lg" icon={failed ? 'refresh' : 'check'} busy={sending} {...hot('send_report', t('wrap.send'))}>
          {failed ? tl('retry') : t('wrap.send')}
        </Button>
      </footer>
    </form>
  );
}
