declare module 'railroad-diagrams' {
  /** An element of a diagram; `toString` returns SVG. */
  export interface Element {
    toString(): string;
  }

  interface Railroad {
    Diagram(...items: readonly Element[]): Element;
    Sequence(...items: readonly Element[]): Element;
    Choice(normal: number, ...items: readonly Element[]): Element;
    Optional(item: Element): Element;
    OneOrMore(item: Element, between?: Element): Element;
    ZeroOrMore(item: Element): Element;
    Terminal(text: string): Element;
    NonTerminal(text: string): Element;
  }

  const railroad: Railroad;
  export default railroad;
}
