using System.Buffers;
using Fovea.Core.Json;

namespace Fovea.Data.Json;

/// <summary>
/// Walks over a JSON file value by value, in one pass and without parsing: it finds where each value ends, so that one bad value
/// costs no other. Holds one value in memory at a time, and of one that is too large nothing.
/// </summary>
internal sealed class JsonScanner : IDisposable
{
    private const int FirstBuffer = 1 << 16;
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(",:{}[]\" \t\r\n"u8);
    private readonly string _path;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[FirstBuffer];
    private int _from;
    private int _to;
    private long _read;
    private bool _final;

    /// <summary>Walks over a stream, which it then owns.</summary>
    /// <param name="path">The file that it comes from, for errors.</param>
    /// <param name="stream">At its beginning.</param>
    /// <exception cref="InvalidInputException">It is plainly no UTF-8 text.</exception>
    public JsonScanner(string path, Stream stream)
    {
        (_path, _stream) = (path, stream);
        Fill();
        if (ForeignFormat.Describe(_buffer.AsSpan(0, _to)) is { } instead)
        {
            throw new InvalidInputException(path, null, $"expected JSON or JSON Lines, got {instead}");
        }

        _from = _buffer.AsSpan(0, _to).StartsWith("\uFEFF"u8) ? 3 : 0;
    }

    /// <summary>Opens a file at its first value.</summary>
    /// <exception cref="InvalidInputException">It cannot be read, or is plainly no UTF-8 text.</exception>
    public static JsonScanner Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = RegularFile.Open(path, RegularFile.MaxCorpus, bufferSize: 1);
            return new JsonScanner(path, stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            throw new InvalidInputException(path, null, File.Exists(path) ? $"cannot be read: {e.Message}" : "file not found", e);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }

    /// <summary>Record at which the walk is, for errors; null for the file as a whole.</summary>
    public int? Record { get; set; }

    /// <summary>The next byte that is no blank, not consumed; -1 at the end of the file.</summary>
    public int Peek()
    {
        while (true)
        {
            while (_from < _to)
            {
                if (_buffer[_from] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                {
                    return _buffer[_from];
                }

                _from++;
            }

            if (_final)
            {
                return -1;
            }

            Fill();
        }
    }

    /// <summary>Consumes the byte that <see cref="Peek"/> showed, which must be <paramref name="expected"/>.</summary>
    /// <exception cref="InvalidInputException">It is another byte, or the file ends.</exception>
    public void Take(char expected)
    {
        if (Peek() != expected)
        {
            throw Peek() < 0 ? CutShort() : NotJson($"expected '{expected}', got {Shown(Peek())}");
        }

        _from++;
    }

    /// <summary>Consumes the next value.</summary>
    /// <param name="keep">Bytes of a value to hold at most.</param>
    /// <exception cref="InvalidInputException">There is none, or the file ends in the middle of it.</exception>
    public JsonExtent Value(int keep)
    {
        var first = Peek();
        if (first < 0)
        {
            throw CutShort();
        }

        var (at, depth, deepest, dropped, inText, escaped) = (_from, 0, 0, 0L, false, false);
        while (true)
        {
            if (at == _to)
            {
                if (_final)
                {
                    return depth == 0 && !inText && at > _from ? Take(at, deepest, dropped) : throw CutShort();
                }

                if (at - _from > keep)
                {
                    dropped += at - _from;
                    _from = at;
                }

                at -= _from;
                Fill();
                continue;
            }

            if (escaped)
            {
                (escaped, at) = (false, at + 1);
                continue;
            }

            var rest = _buffer.AsSpan(at, _to - at);
            var next = inText ? rest.IndexOfAny((byte)'"', (byte)'\\')
                : depth > 0 ? rest.IndexOfAny(Structure) : at == _from && dropped == 0 ? 0 : rest.IndexOfAny(ScalarEnd);
            if (next < 0)
            {
                at = _to;
                continue;
            }

            at += next;
            switch (_buffer[at])
            {
                case (byte)'\\' when inText:
                    (escaped, at) = (true, at + 1);
                    continue;
                case (byte)'"' when inText:
                    (inText, at) = (false, at + 1);
                    break;
                case (byte)'"' when depth > 0 || at == _from && dropped == 0:
                    (inText, at) = (true, at + 1);
                    continue;
                case (byte)'{' or (byte)'[' when depth > 0 || at == _from && dropped == 0:
                    (depth, at) = (depth + 1, at + 1);
                    deepest = Math.Max(deepest, depth);
                    continue;
                case (byte)'}' or (byte)']' when depth > 0:
                    (depth, at) = (depth - 1, at + 1);
                    break;
                case (byte)',' or (byte)':' or (byte)']' or (byte)'}' when at == _from && dropped == 0:
                    throw NotJson($"expected a value, got {Shown(_buffer[at])}");
                default:
                    if (at == _from && dropped == 0)
                    {
                        at++; // a scalar's first byte
                        continue;
                    }

                    return Take(at, deepest, dropped);
            }

            if (depth == 0)
            {
                return Take(at, deepest, dropped);
            }
        }
    }

    /// <summary>The file, or the record at hand, ends too early.</summary>
    public InvalidInputException CutShort() => new(_path, Record,
        $"the JSON is cut short: {(_read == 0 ? "the file is empty" : "the file ends in the middle of a value or of the list")}; copy or "
            + $"export it again");

    public InvalidInputException NotJson(string why, Exception? inner = null) => new(_path, Record, $"not valid JSON: {why}", inner);

    public void Dispose() => _stream.Dispose();

    private JsonExtent Take(int end, int depth, long dropped)
    {
        var text = _buffer.AsMemory(_from, end - _from);
        _from = end;
        return new JsonExtent(dropped > 0 ? default : text, dropped + text.Length, depth);
    }

    /// <summary>Reads on. What is held moves to the front of the buffer.</summary>
    private void Fill()
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        if (_to == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = _stream.Read(_buffer, _to, _buffer.Length - _to);
        _to += read;
        _read += read;
        _final = read == 0;
    }

    private static string Shown(int b) => b is > 32 and < 127 ? $"'{(char)b}'" : $"byte 0x{b:x2}";
}

/// <summary>A value's bytes, until the next one is asked for.</summary>
/// <param name="Text">Its bytes; empty if it is larger than was asked for.</param>
/// <param name="Length">How many bytes it has.</param>
/// <param name="Depth">How deep lists and objects are nested in it.</param>
internal readonly record struct JsonExtent(ReadOnlyMemory<byte> Text, long Length, int Depth);
