using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Fovea.Core.Files;
using Fovea.Core.Watching;

namespace Fovea.Core.Provenance;

/// <summary>A file by the name that something else knows it under, and its SHA-256; a word in place of the hash where it has none.</summary>
public readonly record struct NamedHash(string Name, string Sha256);

/// <summary>
/// SHA-256 of the files that a run reads. Each is read once as long as it stays as it is (length and time of change); reading can be cancelled, and says so
/// where it takes more than two seconds. Thread-safe, but for <see cref="OfFiles"/>.
/// </summary>
/// <param name="progress">Where long reading is reported; null for nowhere.</param>
/// <param name="stop">Cancels it.</param>
public sealed class InputHasher(IProgressSink? progress = null, CancellationToken stop = default)
{
    /// <summary>Stands in a list for the hash of a file that is missing or cannot be read.</summary>
    public const string Unreadable = "unreadable";

    private const string Task = "reading";
    private const int ChunkBytes = 1 << 20, SmallBytes = 64 << 20;
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, (FileStatus Status, string Hash)> _known = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, IReadOnlyList<NamedHash>> _lists = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Bytes read so far.</summary>
    public long BytesRead => Interlocked.Read(ref _bytes);

    /// <summary>The lists of <see cref="OfFiles"/>, by role.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<NamedHash>> Lists => _lists;

    /// <summary>Hash of a file's bytes, as lower-case hex.</summary>
    /// <exception cref="Errors.InvalidInputException">Not a regular file, or larger than <paramref name="maxBytes"/>.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public string OfFile(string path, long maxBytes = long.MaxValue)
    {
        var full = Path.GetFullPath(path);
        if (_known.TryGetValue(full, out var known) && known.Status == FileStatus.Of(full))
        {
            return known.Hash;
        }

        using var stream = RegularFile.Open(full, maxBytes, bufferSize: 0);
        var status = FileStatus.Of(full);
        var hash = Read(stream, full);
        if (status is { } s)
        {
            _known[full] = (s, hash);
        }

        return hash;
    }

    /// <summary>
    /// Hash over names and contents of many files, such as a corpus's images. Their own hashes are kept under <paramref name="role"/>, so that a later
    /// run can name the one that changed. One that cannot be read counts as such, since its reader says best what is wrong with it.
    /// </summary>
    /// <param name="role">What they are.</param>
    /// <param name="files">Names, and where each lies; null where nothing may be read.</param>
    public string OfFiles(string role, IReadOnlyList<(string Name, string? Path)> files)
    {
        var clock = Stopwatch.StartNew();
        var list = new List<NamedHash>(files.Count);
        foreach (var (name, path) in files)
        {
            stop.ThrowIfCancellationRequested();
            list.Add(new NamedHash(name, TryHash(path)));
            if (clock.Elapsed > SilentFor)
            {
                progress?.Report(Task, list.Count, files.Count, role);
            }
        }

        _lists[role] = list;
        return ContentHash.OfText(string.Concat(list.Select(f => $"{f.Sha256} {f.Name}\n")));
    }

    private string TryHash(string? path)
    {
        try
        {
            return path is null ? Unreadable : OfFile(path, RegularFile.MaxImage);
        }
        catch (Exception e) when (e is Errors.InvalidInputException or IOException or UnauthorizedAccessException)
        {
            return Unreadable;
        }
    }

    private string Read(FileStream stream, string path)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (clock, told, done, length, buffer) = (Stopwatch.StartNew(), false, 0L, stream.Length, ArrayPool<byte>.Shared.Rent(ChunkBytes));
        try
        {
            while (true)
            {
                if (length > SmallBytes)
                {
                    stop.ThrowIfCancellationRequested();
                }

                var read = stream.Read(buffer, 0, ChunkBytes);
                if (read == 0)
                {
                    return Convert.ToHexStringLower(sha.GetHashAndReset());
                }

                sha.AppendData(buffer, 0, read);
                done += read;
                Interlocked.Add(ref _bytes, read);
                if (length > SmallBytes && clock.Elapsed > SilentFor)
                {
                    if (!told)
                    {
                        progress?.Tell(Task, done >> 20, length >> 20, $"{path} ({length >> 20} MiB)");
                        told = true;
                    }

                    progress?.Report(Task, done >> 20, length >> 20, Path.GetFileName(path));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
