using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fovea.Core.Randomness;

namespace Fovea.Tests.Checkpoints;

/// <summary>Seeded damage to bytes and JSON texts: what bit rot, cut downloads and hostile authors do.</summary>
internal static partial class Mutation
{
    private static readonly string[] Numbers = ["0", "-1", "1", "7", "64", "2147483647", "2147483648", "4294967296", "1000000000", "9223372036854775807",
        "9223372036854775808", "18446744073709551615", "1e308", "1e999", "0.5", "-0"];
    private static readonly string[] Tokens = ["null", "true", "{}", "[]", "[[]]", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "{\"a\":1}", ",", ":", "}", "]", "\"",
        "\\", "\u00e9", "\"F32\"", "\"../x\"", "[0,0]", "{\"a\":{\"a\":{\"a\":{}}}}"];
    private static readonly byte[] Bytes = [0, 1, 2, 0x7F, 0x80, 0xFF, (byte)'(', (byte)'.', (byte)'R', (byte)'t', (byte)'u', (byte)'}', (byte)'h', (byte)'q',
        (byte)'c', 0x85, 0x86, 0x8A, 0x8D, 0x8E, 0x93, 0x94];

    /// <summary>One to four changes of bytes.</summary>
    public static byte[] OfBytes(byte[] source, RandomSource random)
    {
        var bytes = source.ToList();
        for (var changes = random.Chance(0.6) ? 1 : 1 + random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(1 + random.Next(24), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = Bytes[random.Next(Bytes.Length)]; break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, random.Chance(0.3) ? bytes.Count - at : 1); break;
                case 5: bytes.Insert(at, Bytes[random.Next(Bytes.Length)]); break;
                default: Fill(bytes, at, Math.Min(random.Chance(0.5) ? 4 : 8, bytes.Count - at), random.Chance(0.5) ? (byte)0xFF : (byte)0x7F); break;
            }
        }

        return [.. bytes];
    }

    /// <summary>One to four changes: of numbers, texts, tokens, or bytes.</summary>
    public static byte[] OfJson(byte[] source, RandomSource random)
    {
        var text = Encoding.UTF8.GetString(source);
        for (var changes = random.Chance(0.6) ? 1 : 1 + random.Next(4); changes > 0; changes--)
        {
            text = random.Next(4) switch
            {
                0 => Swap(text, Number(), Numbers, random),
                1 => Swap(text, Quoted(), null, random),
                2 => Swap(text, Number(), null, random),
                _ => text.Insert(random.Next(text.Length + 1), Tokens[random.Next(Tokens.Length)]),
            };
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        return random.Chance(0.3) ? OfBytes(bytes, random) : bytes;
    }

    /// <summary>Replaces one match by one of the given texts, or by another match.</summary>
    private static string Swap(string text, Regex pattern, string[]? by, RandomSource random)
    {
        var matches = pattern.Matches(text);
        if (matches.Count == 0)
        {
            return text;
        }

        var match = matches[random.Next(matches.Count)];
        var other = by?[random.Next(by.Length)] ?? matches[random.Next(matches.Count)].Value;
        return string.Create(CultureInfo.InvariantCulture, $"{text[..match.Index]}{other}{text[(match.Index + match.Length)..]}");
    }

    private static void Fill(List<byte> bytes, int at, int length, byte value)
    {
        for (var i = at; i < at + length; i++)
        {
            bytes[i] = value;
        }
    }

    [GeneratedRegex(@"(?<![\w.""])-?\d+(\.\d+)?(?![\w.""])", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"""[^""\\]*""", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();
}
