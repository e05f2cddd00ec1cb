/** Things above the page: dialogs and sheets (native `<dialog>`: focus trap, Escape, inert page),
 *  toasts, and the one live region through which the page speaks. */
import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { tl } from './i18n';
import { Icon } from './icons';
import { cx, IconButton, type Tone } from './ui';

/** A dialog; on narrow screens it rises from the bottom as a sheet. */
export function Dialog({ open, title, onClose, wide, footer, children, closeLabel }: {
  open: boolean; title: string; onClose: () => void; wide?: boolean;
  footer?: ComponentChildren; children: ComponentChildren; closeLabel?: string;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const node = ref.current;
    if (!node) return;
    if (open && !node.open) {
      const before = document.activeElement as HTMLElement | null;
      node.showModal();
      return () => {
        if (node.open) node.close();
        if (before?.isConnected) before.focus();
      };
    }
    return undefined;
  }, [open]);
  return (
    <dialog
      ref={ref} class={cx('dialog', wide && 'dialog-wide')} aria-labelledby={id}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === ref.current) onClose(); }}
    >
      {open && (
        <div class="dialog-box">
          <header class="dialog-head">
            <h2 id={id}>{title}</h2>
            <IconButton icon="close" label={closeLabel ?? tl('close')} onClick={onClose} />
          </header>
          <div class="dialog-body">{children}</div>
          {footer && <footer class="dialog-foot">{footer}</footer>}
        </div>
      )}
    </dialog>
  );
}

interface Toast { id: number; text: string; tone: Tone }
const toasts = signal<Toast[]>([]);
const spoken = signal('');
let next = 1;

/** Says something to screen readers only. */
export function announce(text: string): void {
  spoken.value = '';
  setTimeout(() => (spoken.value = text), 50);
}

/** A short note at the bottom of the page, spoken as well; goes by itself after `ms`. */
export function toast(text: string, tone: Tone = 'neutral', ms = 6000): void {
  const id = next++;
  toasts.value = [...toasts.value.slice(-2), { id, text, tone }];
  announce(text);
  setTimeout(() => dismiss(id), ms);
}

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter((t) => t.id !== id);
};

/** Put once on each page: shows toasts and holds the live region. */
export function Overlay(): JSX.Element {
  return (
    <>
      <div class="sr-only" role="status" aria-live="polite">{spoken.value}</div>
      <section class="toasts" aria-label={tl('toasts')}>
        {toasts.value.map((t) => (
          <div key={t.id} class={cx('toast', `toast-${t.tone}`)}>
            <Icon name={t.tone === 'success' ? 'success' : t.tone === 'urgent' || t.tone === 'warning' ? 'warning' : 'info'} />
            <span>{t.text}</span>
            <IconButton icon="close" label={tl('close')} onClick={() => dismiss(t.id)} />
          </div>
        ))}
      </section>
    </>
  );
}

/** Copies text and says so; falls back to a hidden field where the clipboard is closed. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(tl('copied'), 'success', 3000);
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand?.('copy') ?? false;
    field.remove();
    toast(tl(done ? 'copied' : 'copy.failed'), done ? 'success' : 'warning');
  }
}

/** The system's share sheet where there is one, otherwise copy. */
export async function shareText(title: string, text: string): Promise<void> {
  if (navigator.share) {
    try {
      await navigator.share({ title, text });
      return;
    } catch (error) {
      if ((error as DOMException).name === 'AbortError') return;
    }
  }
  await copyText(text);
}
