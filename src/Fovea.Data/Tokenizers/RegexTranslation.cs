using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// Rewrites a pattern of the tokenizers library's engine (Oniguruma, Ruby's syntax) for .NET where the two read it differently: case is folded as Unicode does
/// (<c>s</c> is also U+017F, <c>k</c> also U+212A), and possessive quantifiers become atomic groups. Constructs whose meaning differs otherwise are refused.
/// </summary>
internal sealed class RegexTranslation
{
    private const string Literal = "-+*?.()[]{}|^$\\/#&!'\"<>=:;,~@%_` ";
    private static readonly string[] Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    ];

    private static readonly string[] Groups = ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"];

    private readonly string _pattern;
    private readonly StringBuilder _out = new();
    private readonly Stack<(int Start, bool IgnoreCase)> _groups = new();
    private int _at;
    private int _atom;
    private bool _ignoreCase;
    private char _before;

    private RegexTranslation(string pattern) => _pattern = pattern;

    /// <summary>The pattern for .NET.</summary>
    /// <exception cref="FormatException">A construct is not supported; the message names it.</exception>
    public static string ToDotNet(string pattern)
    {
        var translation = new RegexTranslation(pattern);
        while (translation._at < pattern.Length)
        {
            translation.Step();
        }

        return translation._groups.Count == 0 ? translation._out.ToString() : throw new FormatException("a group is not closed");
    }

    private FormatException Unsupported(string what) => new($"{what} at character {_at} of the pattern");

    private void Step()
    {
        var c = _pattern[_at];
        switch (c)
        {
            case '(':
                Open();
                break;
            case ')':
                (_atom, _ignoreCase) = _groups.TryPop(out var group) ? group : throw Unsupported("a group that was not opened");
                Copy(1);
                break;
            case '|':
                Copy(1);
                _atom = _out.Length;
                break;
            case '*' or '+' or '?' or '{':
                Quantify();
                break;
            case '[':
                _atom = _out.Length;
                Class();
                break;
            case '\\':
                _atom = _out.Length;
                Copy(Escape());
                break;
            case '^' or '$':
                throw Unsupported($"the anchor {c}");
            case '.':
                _atom = _out.Length;
                Copy(1);
                break;
            default:
                _atom = _out.Length;
                Character(c, inClass: false);
                break;
        }

        _before = char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) : '\0';
    }

    private void Copy(int length)
    {
        _out.Append(_pattern, _at, length);
        _at += length;
    }

    private void Open()
    {
        var start = _out.Length;
        _groups.Push((start, _ignoreCase));
        if (_pattern.AsSpan(_at).StartsWith("(?i:"))
        {
            _ignoreCase = true;
            _out.Append("(?:");
            _at += 4;
        }
        else if (Array.Find(Groups, g => _pattern.AsSpan(_at).StartsWith(g)) is { } opening)
        {
            Copy(opening.Length);
        }
        else if (_at + 1 < _pattern.Length && _pattern[_at + 1] == '?')
        {
            throw Unsupported($"the group {_pattern.AsSpan(_at, Math.Min(4, _pattern.Length - _at))}");
        }
        else
        {
            _out.Append("(?:");
            _at++;
        }

        _atom = _out.Length;
    }

    private void Quantify()
    {
        var counted = _pattern[_at] == '{';
        var length = counted ? _pattern.IndexOf('}', _at) - _at + 1 : 1;
        if (_atom == _out.Length || (counted && !IsCount(_pattern.AsSpan(_at, Math.Max(length, 0)))))
        {
            throw Unsupported("a quantifier with nothing to repeat, or whose count is not {n}, {n,} or {n,m} up to 1000");
        }

        Copy(length);
        if (_at < _pattern.Length && _pattern[_at] == '+')
        {
            _ = counted ? throw Unsupported("a quantifier of a quantifier") : 0;
            _out.Insert(_atom, "(?>").Append(')');
            _at++;
        }
        else if (_at < _pattern.Length && _pattern[_at] == '?')
        {
            Copy(1);
        }

        if (_at < _pattern.Length && _pattern[_at] is '*' or '+' or '?' or '{')
        {
            throw Unsupported("a quantifier of a quantifier");
        }
    }

    private static bool IsCount(ReadOnlySpan<char> count)
    {
        var inside = count.Length > 2 ? count[1..^1] : [];
        var comma = inside.IndexOf(',');
        return comma < 0 ? IsNumber(inside) : IsNumber(inside[..comma]) && (comma == inside.Length - 1 || IsNumber(inside[(comma + 1)..]));
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n <= 1000;

    private void Class()
    {
        Copy(1);
        if (_at < _pattern.Length && _pattern[_at] == '^')
        {
            Copy(1);
        }

        for (var first = true; ; first = false)
        {
            if (_at >= _pattern.Length)
            {
                throw Unsupported("a character class that is not closed");
            }

            var c = _pattern[_at];
            if (c == ']' && !first)
            {
                Copy(1);
                return;
            }

            if (c is '[' or ']' || _pattern.AsSpan(_at).StartsWith("&&"))
            {
                throw Unsupported("a character class inside another");
            }

            if (c == '\\')
            {
                Copy(Escape());
            }
            else
            {
                Character(c, inClass: true);
            }
        }
    }

    /// <summary>Length of the current escape, if both engines mean the same by it.</summary>
    private int Escape()
    {
        var c = _at + 1 < _pattern.Length ? _pattern[_at + 1] : throw Unsupported("a lone backslash");
        if (c is 's' or 'S' or 'd' or 'D' or 'n' or 'r' or 't' or 'f' or 'v' || Literal.Contains(c, StringComparison.Ordinal))
        {
            return 2;
        }

        if (c is 'p' or 'P' && _pattern.IndexOf('}', _at) is > 0 and var close && _pattern[_at + 2] == '{' && Categories.Contains(_pattern[(_at + 3)..close]))
        {
            return close + 1 - _at;
        }

        if (c == 'u' && _at + 6 <= _pattern.Length && ushort.TryParse(_pattern.AsSpan(_at + 2, 4), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out _))
        {
            return 6;
        }

        throw Unsupported($"\\{c}");
    }

    private void Character(char c, bool inClass)
    {
        if (char.IsSurrogate(c))
        {
            throw Unsupported("a character beyond U+FFFF");
        }

        if (!_ignoreCase || (char.IsAscii(c) && !char.IsAsciiLetter(c)))
        {
            _out.Append(inClass ? c.ToString() : System.Text.RegularExpressions.Regex.Escape(c.ToString()));
            _at++;
            return;
        }

        // Folding can join letters (ss is also U+00DF) and reach beyond ASCII.
        var lower = char.ToLowerInvariant(c);
        if (!char.IsAscii(c) || (inClass && _at + 1 < _pattern.Length && _pattern[_at + 1] == '-')
            || (_before, lower) is ('s', 's') or ('f', 'f') or ('f', 'i') or ('f', 'l') or ('s', 't'))
        {
            throw Unsupported($"{c} without regard to case");
        }

        var variants = lower switch { 's' => "sS\u017F", 'k' => "kK\u212A", _ => $"{lower}{char.ToUpperInvariant(c)}" };
        _out.Append(inClass ? variants : $"[{variants}]");
        _at++;
    }
}
