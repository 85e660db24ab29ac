/** Hands content to the browser as a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser may ask first where it goes
}

export const saveText = (text: string, type: 'text/csv' | 'text/plain', name: string) => save(new Blob([text], { type }), name);
