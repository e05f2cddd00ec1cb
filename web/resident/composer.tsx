/** Where the resident writes. Enter sends, but never while an input method is composing; the draft
 *  survives a reload; the limit is shown only when it is near. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { store } from '../lib/prefs';
import { cx, IconButton } from '../lib/ui';
import { chat } from './app';
import { t } from './text';

const DRAFT = 'sg.draft';
const draft = signal(store.get(DRAFT) ?? '');

/** True when this key press means "send" and not "accept the candidate" or "new line". */
export function sends(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'isComposing' | 'keyCode'>): boolean {
  // Safari ends the composition before the key event but keeps key code 229.
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !event.isComposing && event.keyCode !== 229;
}

export function Composer(): JSX.Element {
  const box = useRef<HTMLTextAreaElement>(null);
  const text = draft.value;
  const max = chat.maxChars.value;
  const left = max - [...text].length;
  const over = left < 0;
  const near = left <= Math.max(20, max * 0.1);

  useEffect(() => {
    const node = box.current;
    if (!node || CSS.supports?.('field-sizing', 'content')) return;
    node.style.height = 'auto';
    node.style.height = `${node.scrollHeight + 2}px`;
  }, [text]);

  const write = (value: string): void => {
    draft.value = value;
    store.set(DRAFT, value || null);
    if (value) chat.wrote();
  };
  const send = (): void => {
    if (!text.trim() || over) return;
    chat.say(text);
    write('');
    box.current?.focus();
  };
  const human = chat.state.value.mode === 'human';
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <div class={cx('composer-box', over && 'composer-over')}>
        <label class="sr-only" for="compose">{t('compose.label')}</label>
        <textarea
          id="compose" ref={box} rows={1} value={text} enterkeyhint="send" autoComplete="off"
          placeholder={t(human ? 'compose.placeholder.human' : 'compose.placeholder')}
          aria-describedby="compose-hint" aria-invalid={over}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => { if (sends(event)) { event.preventDefault(); send(); } }}
        />
        <IconButton type="submit" icon="up" tone="brand" label={t('compose.send')} disabled={!text.trim() || over} />
      </div>
      <p id="compose-hint" class="composer-hint">
        <span class="composer-keys">{t('compose.hint')}</span>
        {near && <span class={cx('num', over && 'field-problem')} role="status">{over ? t('compose.over', { n: -left }) : t('compose.left', { n: left })}</span>}
      </p>
    </form>
  );
}
