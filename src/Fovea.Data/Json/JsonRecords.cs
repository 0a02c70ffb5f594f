using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Files;

namespace Fovea.Data.Json;

/// <summary>
/// Reads records one after another from a JSON list or from JSON Lines (any values one after another), holding one record in memory at a time.
/// </summary>
internal static class JsonRecords
{
    private const int FirstBuffer = 1 << 16;
    private const int LargestRecord = 1 << 26;
    private const int MaxDepth = 64;
    private static readonly string[] CutShort = ["end of data", "end of the JSON payload", "end of string", "was expected at the end", "should be closed"];

    /// <summary>The records with their indices, from 0. An element lives until the next one is asked for.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is no JSON, is cut short, or holds a record of more than 64 MiB.</exception>
    public static IEnumerable<(int Index, JsonElement Element)> Read(string path)
    {
        using var stream = Open(path);
        var reader = new Cursor(path, stream);
        while (reader.Next() is { } document)
        {
            using (document)
            {
                yield return (reader.Index - 1, document.RootElement);
            }
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return RegularFile.Open(path, RegularFile.MaxCorpus, bufferSize: 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, File.Exists(path) ? $"cannot be read: {e.Message}" : "file not found", e);
        }
    }

    private sealed class Cursor(string path, Stream stream)
    {
        private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MaxDepth, AllowMultipleValues = true });
        private byte[] _buffer = new byte[FirstBuffer];
        private int _from;
        private int _to;
        private bool _final;
        private bool _started;
        private bool _inList;
        private bool _listDone;

        public int Index { get; private set; }

        public JsonDocument? Next()
        {
            if (!_started)
            {
                _started = true;
                Fill();
                _from = _buffer.AsSpan(0, _to).StartsWith("\uFEFF"u8) ? 3 : 0;
            }

            while (true)
            {
                try
                {
                    if (Step(out var document))
                    {
                        return document;
                    }
                }
                catch (JsonException e)
                {
                    // With all bytes read, the reader's own words are all that tells an early end from a wrong byte.
                    var what = _final && CutShort.Any(w => e.Message.Contains(w, StringComparison.OrdinalIgnoreCase)) ? "the JSON is cut short" : "not valid JSON";
                    throw new InvalidInputException(path, Index, $"{what}{(e.LineNumber is { } line ? $" near line {line + 1}, byte {e.BytePositionInLine + 1} of the record" : "")}: {FirstSentence(e.Message)}", e);
                }

                Fill();
            }
        }

        /// <summary>Reads as far as the buffer reaches: true with a record, or with null at the end; false if more bytes are needed.</summary>
        private bool Step(out JsonDocument? document)
        {
            document = null;
            var start = _from;
            var json = new Utf8JsonReader(_buffer.AsSpan(start, _to - start), _final, _state);
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.StartArray && !_inList && Index == 0)
                {
                    _inList = true;
                    Commit(start, json);
                    continue;
                }

                if (json.TokenType == JsonTokenType.EndArray && _inList)
                {
                    (_inList, _listDone) = (false, true);
                    Commit(start, json);
                    continue;
                }

                if (_listDone)
                {
                    throw new JsonException("there is more behind the end of the list.");
                }

                if (!JsonDocument.TryParseValue(ref json, out document))
                {
                    return false;
                }

                Commit(start, json);
                Index++;
                return true;
            }

            if (_final && Index == 0 && !_inList && !_listDone)
            {
                throw new JsonException("end of data before the first record.");
            }

            return !_final ? false : !_inList ? true : throw new JsonException("end of data inside the list.");
        }

        private void Commit(int start, in Utf8JsonReader json)
        {
            _from = start + (int)json.BytesConsumed;
            _state = json.CurrentState;
        }

        private void Fill()
        {
            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
            if (_to == _buffer.Length)
            {
                if (_buffer.Length >= LargestRecord)
                {
                    throw new InvalidInputException(path, Index, $"expected a record of at most {LargestRecord} bytes");
                }

                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var read = stream.Read(_buffer, _to, _buffer.Length - _to);
            _to += read;
            _final = read == 0;
        }
    }

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..(end + 1)];
    }
}
