/** Versions of the list, what changed between them, rollback; the audit; the check of the whole list. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { Dialog, toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import { Badge, Button, Skeleton } from '../lib/ui';
import * as api from './api';
import type { AuditRow, Person, RecordChange, Version } from './api';
import { ended, hrefOf, isAdmin, refresh, round } from './app';
import { Changes } from './diff';
import { keepFocus } from './focus';
import { useLoad } from './load';
import { problemText } from './problems';
import { Retry } from './side';
import { t, tk } from './text';
import { said } from './work';
import { written } from './written';

export function Records({ records }: { records: RecordChange[] }): JSX.Element {
  if (!records.length) return <p class="empty-note">{t('versions.same')}</p>;
  return (
    <ul class="record-changes">
      {records.map((r) => (
        <li key={r.kind + r.key}>
          <details>
            <summary><span class={`what what-${r.what}`}>{t(`what.${r.what}`)}</span><b>{r.name[lang.value]}</b><span class="code">{r.key}</span>{r.changes.length > 0 && <span class="num muted">{t('changes.n', { n: r.changes.length })}</span>}</summary>
            {r.changes.length > 0 && <Changes changes={r.changes} />}
          </details>
        </li>
      ))}
    </ul>
  );
}

function Diff({ from, to }: { from: number; to: number }): JSX.Element {
  const { data, problem, again } = useLoad(() => api.versionDiff(from, to), [from, to]);
  return problem ? <Retry problem={problem} again={again} /> : data ? <Records records={data.records} /> : <Skeleton lines={3} />;
}

/** People by name; the product's own two by what they are. */
const nameOf = (who: Person): string => (who.id === 'seed' ? t('history.seed') : who.id === 'system' ? t('history.system') : who.name);

const TONES = { published: 'neutral', scheduled: 'info', cancelled: 'neutral', failed: 'urgent' } as const;

function VersionRow({ v, onRollback }: { v: Version; onRollback: () => void }): JSX.Element {
  const open = useSignal(false);
  return (
    <li class="version">
      <div class="version-head">
        <h3>{t('version.n', { n: v.number })}</h3>
        {v.in_force ? <Badge tone="success" icon="check">{t('version.in_force')}</Badge> : <Badge tone={TONES[v.state]}>{t(`version.${v.state}`)}</Badge>}
        {v.rollback_of !== null && <span class="tag">{t('version.rollback_of', { n: v.rollback_of })}</span>}
        {v.list_version && <span class="code">{v.list_version}</span>}
      </div>
      <p class="row-note">{nameOf(v.who)} · {moment(v.published_at ?? v.effective_at ?? v.made_at)} · {t('version.records', { n: v.changed.length })}</p>
      {v.why && v.who.id !== 'seed' && <p class="history-why">{v.why}</p>}
      {v.problems.length > 0 && <ul class="problems">{v.problems.map((p) => <li key={p} class="problem-error"><Icon name="urgent" /><span>{p}</span></li>)}</ul>}
      <div class="task-tools">
        {v.base !== null && v.list_version && <Button size="sm" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>{t('version.diff', { n: v.base })}</Button>}
        {isAdmin.value && v.state === 'published' && !v.in_force && <Button size="sm" icon="refresh" onClick={onRollback}>{t('version.rollback')}</Button>}
      </div>
      {open.value && v.base !== null && <Diff from={v.base} to={v.number} />}
    </li>
  );
}

function Compare({ versions }: { versions: Version[] }): JSX.Element | null {
  const known = versions.filter((v) => v.list_version);
  const a = useSignal(known[1]?.number ?? 0), b = useSignal(known[0]?.number ?? 0), shown = useSignal<[number, number] | null>(null);
  if (known.length < 2) return null;
  const pick = (label: string, s: typeof a): JSX.Element => (
    <label class="pick"><span>{label}</span><select class="input" value={s.value} onChange={(e) => (s.value = Number(e.currentTarget.value))}>{known.map((v) => <option key={v.number} value={v.number}>{t('version.n', { n: v.number })}</option>)}</select></label>
  );
  return (
    <section class="panel stack" aria-labelledby="cmp">
      <h3 id="cmp">{t('versions.compare')}</h3>
      <div class="compare-pick">{pick(t('versions.from'), a)}{pick(t('versions.to'), b)}<Button onClick={() => (shown.value = [a.value, b.value])}>{t('versions.go')}</Button></div>
      {shown.value && <Diff from={shown.value[0]} to={shown.value[1]} />}
    </section>
  );
}

/** Asks for the reason of something that cannot be taken back quietly. */
export function Ask({ open, title, text, go, danger, extra, onClose, onGo }: {
  open: boolean; title: string; text: string; go: string; danger?: boolean; extra?: ComponentChildren; onClose: () => void; onGo: (why: string) => Promise<void>;
}): JSX.Element {
  const why = useSignal(''), busy = useSignal(false), problem = useSignal('');
  const run = async (): Promise<void> => {
    if (!why.value.trim()) {
      problem.value = t('why.missing');
      document.getElementById('ask-why')?.focus();
      return;
    }
    busy.value = true;
    problem.value = '';
    try {
      await onGo(why.value.trim());
      why.value = '';
      onClose();
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
    }
    busy.value = false;
  };
  return (
    <Dialog open={open} title={title} onClose={onClose} footer={<><Button onClick={onClose}>{t('cancel')}</Button><Button variant={danger ? 'danger' : 'primary'} busy={busy.value} onClick={() => void run()}>{go}</Button></>}>
      <p>{text}</p>
      {extra}
      <div class="fld"><label class="fld-label" for="ask-why">{t('why')}</label>
        <textarea id="ask-why" class="input grow" rows={2} maxLength={500} value={why.value} aria-invalid={!!problem.value} aria-describedby="ask-problem" autofocus onInput={(e) => { why.value = written(e.currentTarget); problem.value = ''; }} />
        <p class="field-problem" id="ask-problem" role="alert">{problem.value && <><Icon name="warning" />{problem.value}</>}</p>
      </div>
    </Dialog>
  );
}

export function VersionsView(): JSX.Element {
  const { data, problem, again } = useLoad(() => api.versions(), [round.value]);
  const back = useSignal<number | null>(null);
  return (
    <div class="page">
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.versions')}</h2><p>{t('versions.text')}</p></header>
      {problem ? <Retry problem={problem} again={again} /> : !data ? <Skeleton lines={6} /> : (
        <>
          <Compare versions={data.versions} />
          <ol class="versions">{data.versions.map((v) => <VersionRow key={v.number} v={v} onRollback={() => (back.value = v.number)} />)}</ol>
        </>
      )}
      <Ask
        open={back.value !== null} title={t('rollback.title', { n: back.value ?? 0 })} text={t('rollback.text')} go={t('version.rollback')} danger onClose={() => (back.value = null)}
        onGo={async (why) => {
          const { version } = await api.onVersion(back.value ?? 0, 'rollback', why);
          toast(t('rollback.done', { n: version.number }), 'success', 9000);
          await refresh();
          keepFocus('#view-title');
        }}
      />
    </div>
  );
}

const PAGE = 100;

export function AuditView(): JSX.Element {
  const report = useLoad(() => api.verifyAudit(), [round.value]);
  const last = report.data?.entries ?? null;
  const to = useSignal<number | null>(null);
  const end = to.value ?? last;
  const rows = useLoad<{ entries: AuditRow[] } | null>(() => (end === null ? Promise.resolve(null) : api.audit(Math.max(0, end - PAGE), PAGE)), [end]);
  const found = rows.data?.entries.slice().reverse() ?? [];
  const turn = (end_: number): void => {
    to.value = end_;
    keepFocus('.table-box');
  };
  return (
    <div class="page page-wide">
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.audit')}</h2><p>{t('audit.text')}</p></header>
      {report.problem ? <Retry problem={report.problem} again={report.again} /> : report.data && (
        <div class={`note tone-${report.data.ok ? 'success' : 'urgent'}`} role="status">
          <Icon name={report.data.ok ? 'success' : 'urgent'} />
          <p>{t(report.data.ok ? 'audit.ok' : 'audit.bad', { n: report.data.entries })}<br /><span class="code">{report.data.head}</span>{report.data.problems.map((p) => <span key={p}><br />{p}</span>)}</p>
          <Button size="sm" icon="refresh" busy={report.busy} onClick={report.again}>{t('audit.again')}</Button>
        </div>
      )}
      {rows.problem ? <Retry problem={rows.problem} again={rows.again} /> : !rows.data ? <Skeleton lines={6} /> : (
        <div class="table-box" tabIndex={0} role="region" aria-label={t('view.audit')}>
          <table class="table">
            <thead><tr><th scope="col">{t('audit.seq')}</th><th scope="col">{t('audit.at')}</th><th scope="col">{t('audit.who')}</th><th scope="col">{t('audit.what')}</th><th scope="col">{t('why')}</th></tr></thead>
            <tbody>
              {found.map((row) => (
                <tr key={row.seq}>
                  <td class="num">{row.seq}</td><td class="num"><time dateTime={row.at}>{moment(row.at)}</time></td><td>{nameOf(row.who)}</td>
                  <td>{tk(`a.${row.action}`)}{typeof row.details.key === 'string' && <> <span class="code">{row.details.key}</span></>}{typeof row.details.number === 'number' && <> {t('version.n', { n: row.details.number })}</>}</td>
                  <td>{row.who.id === 'seed' ? t('history.seed_why') : row.why}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {end !== null && (last ?? 0) > PAGE && (
        <nav class="pager" aria-label={t('pages')}>
          <Button size="sm" disabled={end >= (last ?? 0)} onClick={() => turn(Math.min(last ?? 0, end + PAGE))}>{t('audit.newer')}</Button>
          <Button size="sm" disabled={end <= PAGE} onClick={() => turn(Math.max(PAGE, end - PAGE))}>{t('audit.older')}</Button>
        </nav>
      )}
    </div>
  );
}

const FORMATS = ['json', 'jsonl', 'csv', 'xlsx', 'schema-org', 'cpsv-ap'] as const;

export function CheckView(): JSX.Element {
  const { data, problem, again } = useLoad(() => api.validate(), [round.value]);
  const level = useSignal<'error' | 'warning' | ''>('');
  const shown = (data?.findings ?? []).filter((f) => !level.value || f.level === level.value);
  const count = (of: 'error' | 'warning'): number => (data?.findings ?? []).filter((f) => f.level === of).length;
  return (
    <div class="page">
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.check')}</h2><p>{t('check.text')}</p></header>
      <section class="panel" aria-labelledby="exp"><h3 id="exp">{t('export')}</h3><p class="muted">{t('export.text')}</p>
        <ul class="chips">{FORMATS.map((f) => <li key={f}><a class="chip" href={`/api/v1/admin/export?format=${f}`} download><Icon name="share" /><span>{t(`export.${f}`)}</span></a></li>)}</ul>
      </section>
      {problem ? <Retry problem={problem} again={again} /> : !data ? <Skeleton lines={6} /> : (
        <>
          <div class="search-cities" role="group" aria-label={t('findings')}>
            {(['', 'error', 'warning'] as const).map((v) => <button key={v} type="button" class={`pill ${level.value === v ? 'pill-on' : ''}`} aria-pressed={level.value === v} onClick={() => (level.value = v)}>{v ? t(`level.${v}`) : t('filter.any')} {v ? count(v) : data.findings.length}</button>)}
          </div>
          {shown.length ? (
            <ul class="findings">
              {shown.map((f) => {
                const codes = f.where.split(' ').filter((w) => /^SG-[A-Z]{2}-\d{3}$/.test(w));
                return (
                  <li key={f.where + f.problem} class={`problem-${f.level}`}>
                    <Icon name={f.level === 'error' ? 'urgent' : 'warning'} />
                    <span>{codes.length ? codes.map((c) => <a key={c} class="code" href={hrefOf('list', 'item', c)}>{c}</a>) : <span class="code">{f.where}</span>} {problemText(f.problem)} {codes.length > 0 && f.path && <small class="muted">{f.path}</small>}</span>
                  </li>
                );
              })}
            </ul>
          ) : <div class="nothing"><Icon name="success" /><p>{t('check.none')}</p></div>}
        </>
      )}
    </div>
  );
}
