using System.Text;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>Tables as text: fields between commas (<c>.csv</c>) or tabs (<c>.tsv</c>), in quotation marks where they hold one, or a line break (RFC 4180).</summary>
internal static class DelimitedText
{
    /// <summary>What separates the fields of a file, by its name; null if it is no such table.</summary>
    public static char? Separator(string path) => Path.GetExtension(PackedFile.NameOf(path)).ToUpperInvariant() switch { ".CSV" => ',', ".TSV" => '\t', _ => null };

    /// <summary>Its rows. Rows without any text are left out.</summary>
    /// <exception cref="InvalidInputException">It is not UTF-8, or a quotation mark is not closed.</exception>
    public static IEnumerable<IReadOnlyList<string>> Rows(string path, byte[] bytes)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.AsSpan(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException(path, null, "not UTF-8; convert it, e.g. iconv -f LATIN1 -t UTF-8 FILE > NEW", e);
        }

        return Rows(path, text, Separator(path)!.Value);
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(string path, string text, char separator)
    {
        var (row, field, quoted, rows) = (new List<string>(), new StringBuilder(), false, 0);
        for (var at = 0; at <= text.Length; at++)
        {
            var c = at < text.Length ? text[at] : '\n';
            if (quoted)
            {
                if (at == text.Length)
                {
                    throw new InvalidInputException(path, rows, "a quotation mark is not closed; is the file cut short?");
                }

                if (c == '"' && at + 1 < text.Length && text[at + 1] == '"')
                {
                    at++;
                }
                else if (c == '"')
                {
                    quoted = false;
                    continue;
                }

                field.Append(c);
            }
            else if (c == '"' && field.Length == 0)
            {
                quoted = true;
            }
            else if (c == separator || c == '\n')
            {
                row.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (c == '\n')
                {
                    if (row.Exists(f => f.Length > 0))
                    {
                        yield return row;
                        rows++;
                    }

                    row = [];
                }
            }
            else
            {
                field.Append(c);
            }
        }
    }
}
