"""Finds where a Swift source can be changed, and writes changes that are switched on at run time.

A text with all of its mutants compiles once: `mutant(7)` is true where CAIRN_MUTANT is 7. An operator that may be
another becomes an operator of its own, a constant becomes a choice between two, a statement stands within an `if`.
"""

import re
from collections import namedtuple

# One change: `edits` are (offset, length, text) in the file; `declarations` go to the module's generated file.
# `@N` stands for the mutant's number, `@OP` for its operator.
Mutation = namedtuple("Mutation", "path line kind before after edits declarations span")
Token = namedtuple("Token", "kind text start end first")

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>#*"""|#*")'
    r"|(?P<number>0x[0-9a-fA-F_]+(?:\.[0-9a-fA-F_]+)?(?:p[-+]?\d+)?|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[@#$]?\w+|`\w+`)"
    r"|(?P<bracket>[(){}\[\],;:])"
    r"|(?P<operator>[-+*/%<>=!&|^~?.]+)",
    re.S,
)

DECLARES = set(
    "actor associatedtype case class default deinit didSet enum extension fileprivate final func get guard if import "
    "indirect infix init internal isolated lazy let mutating nonisolated nonmutating open operator override package "
    "postfix precedencegroup prefix private protocol public repeat set some static struct subscript switch typealias "
    "unowned var weak where while willSet for do defer else catch precondition preconditionFailure assert".split()
)
COMPARISONS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*"}


def end_of_string(text, start, opening):
    """The offset behind a string literal, past interpolations."""
    hashes, quotes = opening.count("#"), opening.lstrip("#")
    closing, escape, at = quotes + "#" * hashes, "\\" + "#" * hashes, start + len(opening)
    while at < len(text):
        if text.startswith(escape + "(", at):
            depth, at = 1, at + len(escape) + 1
            while depth:
                inner = re.compile(r'#*"""|#*"').match(text, at)
                if inner:
                    at = end_of_string(text, at, inner.group())
                    continue
                depth += {"(": 1, ")": -1}.get(text[at], 0)
                at += 1
        elif text.startswith(escape, at):
            at += len(escape) + 1
        elif text.startswith(closing, at):
            return at + len(closing)
        else:
            at += 1
    return at


def tokens(text):
    found, at, line_start = [], 0, True
    while at < len(text):
        if text[at].isspace():
            line_start = line_start or text[at] == "\n"
            at += 1
            continue
        match = TOKEN.match(text, at)
        if not match:
            at += 1
            continue
        end = match.end()
        if match.lastgroup == "string":
            end = end_of_string(text, at, match.group())
        elif match.lastgroup == "operator":
            # A comment behind an operator, and the point of `.0`, are no part of it.
            comment = re.search(r"//|/\*", match.group())
            end = at + comment.start() if comment else end
        if match.lastgroup != "comment":
            found.append(Token(match.lastgroup, text[at:end], at, end, line_start))
            line_start = False
        at = end
    return found


class Source:
    def __init__(self, path, text):
        self.path, self.text, self.tokens = path, text, tokens(text)
        self.partner, self.depth, self.parent, stack = {}, [], [], []
        for number, token in enumerate(self.tokens):
            if token.kind == "bracket" and token.text in ")}]" and stack:
                opening = stack.pop()
                self.partner[opening], self.partner[number] = number, opening
            self.depth.append(len(stack))
            self.parent.append(stack[-1] if stack else None)
            if token.kind == "bracket" and token.text in "({[":
                stack.append(number)

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def line_text(self, offset):
        start = self.text.rfind("\n", 0, offset) + 1
        return start, self.text[start : (self.text + "\n").find("\n", offset)]

    def is_binary(self, number):
        token = self.tokens[number]
        around = self.text[token.start - 1 : token.start], self.text[token.end : token.end + 1]
        return number > 0 and around[0].isspace() and around[1].isspace()

    def mutation(self, number, kind, after, edits, declarations="", last=None):
        token = self.tokens[number]
        start, before = self.line_text(token.start)
        if after is None:
            text = kind
        else:
            text = (before[: token.start - start] + after + before[token.end - start :]).strip()
        span = self.line(token.start), self.line(self.tokens[last if last is not None else number].end)
        return Mutation(self.path, span[0], kind, before.strip(), text, edits, declarations, span)

    def starts_statement(self, number):
        token, parent = self.tokens[number], self.parent[number]
        if not token.first or token.kind != "word" or parent is None or self.tokens[parent].text != "{":
            return False
        before = self.tokens[number - 1]
        if before.kind == "operator":
            return self.is_postfix(number - 1)
        return before.text not in (",", "return", "where")

    def is_postfix(self, number):
        """Whether an operator ends an expression: `a!`, `b?`."""
        token = self.tokens[number]
        return not self.text[token.start - 1].isspace() and token.text in ("!", "?", "...")

    def end_of_statement(self, number):
        """The number of the last token of the statement that starts here."""
        at = number
        while at + 1 < len(self.tokens):
            following = self.tokens[at + 1]
            if following.text in ("}", ";") and self.depth[at + 1] < self.depth[number] or following.text == ";":
                return at
            if following.first and self.depth[at + 1] == self.depth[number] and following.text != "else":
                ended = not (self.tokens[at].kind == "operator" and not self.is_postfix(at))
                if ended and self.tokens[at].text not in (",", "=") and following.kind != "operator":
                    return at
            at = self.partner.get(at + 1, at + 1) if following.text in ("(", "[", "{") else at + 1
        return at

    def end_of_condition(self, number):
        """The token that ends the condition behind `if`, `guard`, `while`: `{`, `else` or a comma."""
        at, depth = number + 1, self.depth[number]
        while at < len(self.tokens):
            token = self.tokens[at]
            if self.depth[at] == depth and token.text in ("{", "else", ","):
                return at
            at = self.partner[at] + 1 if token.text in ("(", "[") and at in self.partner else at + 1
        return None

    def in_precondition(self, number):
        at = self.parent[number]
        while at is not None:
            if self.tokens[at].text == "(" and self.tokens[at - 1].text in ("precondition", "assert"):
                return True
            at = self.parent[at]
        return False

    def mutations(self, random):
        found = []
        for number, token in enumerate(self.tokens):
            line = self.line_text(token.start)[1].lstrip()
            if line.startswith(("#", "@", "import ")) or self.in_precondition(number):
                continue
            for make in (self.operator, self.constant, self.ternary, self.branch, self.dropped):
                mutation = make(number, token, random)
                if mutation:
                    found.append(mutation)
        return found

    def operator(self, number, token, random):
        if token.kind != "operator" or not self.is_binary(number) or self.tokens[number - 1].text in ("func", "operator"):
            return None
        text, replaced = token.text, [(token.start, len(token.text), "@OP")]
        if text in COMPARISONS:
            other = random.choice(COMPARISONS[text])
            kind = "Equatable" if text in ("==", "!=") else "Comparable"
            code = f"infix operator @OP: ComparisonPrecedence\n" + overload(f"<T: {kind}>", "T", "T", "Bool", text, other)
            if kind == "Equatable":
                code += overload("<T>", "T?", "_OptionalNilComparisonType", "Bool", text, other)
                code += overload("", "(any Any.Type)?", "(any Any.Type)?", "Bool", text, other)
            else:
                code += overload("<T: BinaryInteger, U: BinaryInteger>", "T", "U", "Bool", text, other)
        elif text in ("&&", "||"):
            other = "||" if text == "&&" else "&&"
            name = "Conjunction" if text == "&&" else "Disjunction"
            code = (
                f"infix operator @OP: Logical{name}Precedence\n"
                "public func @OP (a: Bool, b: @autoclosure () throws -> Bool) rethrows -> Bool {\n"
                f"  try mutant(@N) ? a {other} b() : a {text} b()\n}}\n"
            )
        elif text in ARITHMETIC:
            other = ARITHMETIC[text]
            if text in "+-":
                code = "infix operator @OP: AdditionPrecedence\n" + overload("<T: AdditiveArithmetic>", "T", "T", "T", text, other)
            else:
                code = "infix operator @OP: MultiplicationPrecedence\n"
                for kind in ("BinaryInteger", "FloatingPoint"):
                    code += overload(f"<T: {kind}>", "T", "T", "T", text, other)
        elif text in ("+=", "-="):
            other = "-=" if text == "+=" else "+="
            code = (
                "infix operator @OP: AssignmentPrecedence\n"
                "public func @OP <T: AdditiveArithmetic>(a: inout T, b: T) {\n"
                f"  if mutant(@N) {{ a {other} b }} else {{ a {text} b }}\n}}\n"
            )
        else:
            return None
        return self.mutation(number, "operator", other, replaced, code)

    def constant(self, number, token, random):
        before = self.tokens[number - 1] if number else None
        if token.kind == "number":
            if before and before.text.endswith(".") and before.end == token.start:
                return None
            if re.fullmatch(r"[\d_]+", token.text):
                value = int(token.text.replace("_", ""))
                other = str(value + (random.choice((-1, 1)) if value > 0 else 1))
            elif token.text.startswith("0x"):
                if "." in token.text or "p" in token.text:
                    return None
                other = hex(int(token.text, 16) + 1)
            else:
                value = float(token.text.replace("_", ""))
                other = repr(value * random.choice((2, 0.5)) if value else 1.0)
        elif token.kind == "word" and token.text in ("true", "false"):
            other = "false" if token.text == "true" else "true"
        else:
            return None
        edit = (token.start, len(token.text), f"(mutant(@N) ? {other} : {token.text})")
        return self.mutation(number, "constant", other, [edit])

    def switched(self, number, at, random, last):
        """A condition that ends at the offset `at` becomes always or never true."""
        always = random.random() < 0.5
        code = (
            "infix operator @OP: MutantPrecedence\n"
            "public func @OP (a: Bool, b: Bool) -> Bool { " + ("a || b" if always else "a && !b") + " }\n"
        )
        kind = "(always)" if always else "(never)"
        return self.mutation(number, kind, None, [(at, 0, " @OP mutant(@N)")], code, last)

    def ternary(self, number, token, random):
        if token.text != "?" or not self.is_binary(number):
            return None
        return self.switched(number, self.tokens[number - 1].end, random, number)

    def branch(self, number, token, random):
        if token.kind != "word" or token.text not in ("if", "guard", "while"):
            return None
        end = self.end_of_condition(number)
        if end is None:
            return None
        if self.tokens[number + 1].text in ("let", "var", "case"):
            return self.mutation(number, "(never)", None, [(token.end, 0, " !mutant(@N),")], "", end)
        return self.switched(number, self.tokens[end - 1].end, random, end)

    def dropped(self, number, token, random):
        if not self.starts_statement(number) or token.text in DECLARES or self.tokens[number + 1].text == ":":
            return None
        last = self.end_of_statement(number)
        if any(t.text == "in" and t.kind == "word" for t in self.tokens[number : number + 6]):
            return None
        edits = [(token.start, 0, "if !mutant(@N) { "), (self.tokens[last].end, 0, " }")]
        return self.mutation(number, "(dropped)", None, edits, "", last)


def overload(generics, left, right, result, text, other):
    return (
        f"public func @OP {generics}(a: {left}, b: {right}) -> {result} "
        f"{{ mutant(@N) ? a {other} b : a {text} b }}\n"
    )


HEADER = """\
import Glibc
precedencegroup MutantPrecedence { higherThan: TernaryPrecedence lowerThan: LogicalDisjunctionPrecedence }
private let chosenMutant = getenv("CAIRN_MUTANT").map { Int(atoi($0)) } ?? -1
public func mutant(_ number: Int) -> Bool { number == chosenMutant }
"""


def operator_name(number):
    """Swift allows any character of these blocks as an operator."""
    return chr(0x2500 + number) if number < 0x276 else chr(0x2794 + number - 0x276)


def apply(text, numbered):
    """The text with all mutants of a file in it: [(number, mutation)]."""
    edits = []
    for number, mutation in numbered:
        for offset, length, new in mutation.edits:
            new = new.replace("@OP", operator_name(number)).replace("@N", str(number))
            # What ends at an offset comes before what starts there; of two that start there the wider one is outside.
            edits.append((offset, 0 if new == " }" else 1 if new.startswith(" ") else 2 if length == 0 else 3, length, new))
    out, at = [], 0
    for offset, _, length, new in sorted(edits):
        out += [text[at:offset], new]
        at = offset + length
    return "".join(out) + text[at:]


def declarations(numbered):
    return HEADER + "".join(
        mutation.declarations.replace("@OP", operator_name(number)).replace("@N", str(number))
        for number, mutation in numbered
    )
