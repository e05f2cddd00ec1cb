/** Where the agent writes. Enter sends, Shift+Enter breaks the line, and nothing is sent while an
 *  input method composes. The draft belongs to the ticket and survives reload and sign-out by expiry.
 *  Without a connection writing goes on; what is sent then waits in the outbox. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../lib/icons';
import { cx } from '../lib/ui';
import { Tool } from './bits';
import type { Desk } from './desk';
import { sends } from './keys';
import type { Held } from './state';
import { t } from './text';

/** Longest message; the server's default limit. */
const MAX = 2000;

export function Composer({ desk, held }: { desk: Desk; held: Held }): JSX.Element {
  const box = useRef<HTMLTextAreaElement>(null);
  const id = held.ticket.id;
  const draft = desk.drafts.reply(id);
  const text = draft.value;
  const length = [...text].length;
  const over = length > MAX;
  const ready = desk.socket.ready.value;

  useEffect(() => {
    // Only where a keyboard is likely: on a phone it would cover half of what was just opened.
    if (matchMedia('(pointer: fine)').matches) box.current?.focus({ preventScroll: true });
  }, [id]);

  const write = (value: string): void => {
    desk.drafts.setReply(id, value);
    desk.wrote(id, value.trim() !== '');
  };
  const send = (): void => {
    if (!text.trim() || over) return;
    desk.say(id, text);
    box.current?.focus();
  };
  return (
    <form class="compose" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <div class={cx('compose-box', over && 'compose-over')}>
        <label class="sr-only" for="compose">{t('compose.label')}</label>
        <textarea
          id="compose" ref={box} rows={3} value={text} enterkeyhint="send" autoComplete="off" aria-invalid={over} aria-describedby="compose-hint"
          placeholder={t(held.ticket.lang === 'zh' ? 'compose.placeholder.zh' : 'compose.placeholder.en')}
          aria-keyshortcuts="Alt+R"
          onInput={(event) => write(event.currentTarget.value)}
          onBlur={() => desk.wrote(id, false)}
          onKeyDown={(event) => { if (sends(event)) { event.preventDefault(); send(); } }}
        />
        <div class="compose-tools">
          <Tool icon="list" label={t('phrases.title')} command="phrases" onClick={() => { desk.side.value = 'phrases'; desk.pane.value = 'side'; }} />
          <Tool icon="search" label={t('search.title')} command="search" onClick={() => { desk.side.value = 'search'; desk.pane.value = 'side'; }} />
          <span id="compose-hint" class="compose-hint">
            {over ? <span class="field-problem"><Icon name="warning" />{t('compose.over', { n: length - MAX })}</span>
              : !ready ? <span class="compose-wait"><Icon name="offline" />{t('compose.offline')}</span>
              : length > MAX * 0.9 ? <span class="num">{t('compose.left', { n: MAX - length })}</span> : <span class="compose-keys">{t('compose.keys')}</span>}
          </span>
          <button type="submit" class="btn btn-primary btn-md compose-send" disabled={!text.trim() || over} title={`${t('compose.send')}（Enter）`}>
            <Icon name="send" /><span>{t('compose.send')}</span>
          </button>
        </div>
      </div>
    </form>
  );
}
