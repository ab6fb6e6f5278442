// Numbers as pages write them.

/** `18196` as `18,196`. */
export function numbers(n: number): string {
  return n.toLocaleString("en-US");
}

/** `1 profile`, `18,196 profiles`. */
export function profiles(n: number): string {
  return `${numbers(n)} ${n === 1 ? "profile" : "profiles"}`;
}

/** A text as part of a regular expression. */
export function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
