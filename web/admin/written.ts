/** What is typed or pasted, as a record can hold it. */

/** Without control characters and marks that nobody sees. A line break of Word becomes one, a tab a space. */
export const printable = (text: string): string => text
  .replace(/[\u000b\u2028\u2029]/g, '\n').replace(/\t/g, ' ')
  .replace(/[\u0000-\u0008\u000c-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '');

/** What stands in a field, made printable; the field shows the same, the caret stays where it was. */
export function written(field: HTMLInputElement | HTMLTextAreaElement): string {
  const text = printable(field.value);
  if (text !== field.value) {
    const caret = printable(field.value.slice(0, field.selectionStart ?? undefined)).length;
    field.value = text;
    field.setSelectionRange(caret, caret);
  }
  return text;
}

const NUMBER = /^-?(\d+\.?\d*|\.\d+)$/;

/** A number as far as it has been written (`22.`, `-0.5`, `２０`), in plain digits; or the text itself, so that
 *  it can be mended: the check says that it is none. */
export function decimalIn(text: string): string {
  const plain = text.normalize('NFKC');
  return NUMBER.test(plain) ? plain.replace(/\.$/, '') : text;
}

export function numberIn(text: string): number | string {
  const plain = decimalIn(text);
  return NUMBER.test(plain) ? Number(plain) : text;
}
