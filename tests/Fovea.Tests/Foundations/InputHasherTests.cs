using Fovea.Core.Provenance;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Foundations;

/// <summary>Inputs are read once, and reading can be cancelled.</summary>
public sealed class InputHasherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_read_once_as_long_as_it_stays_as_it_is()
    {
        File.WriteAllText(_folder["file"], "one");
        var hasher = new InputHasher();
        Assert.Equal(ContentHash.OfText("one"), hasher.OfFile(_folder["file"]));
        Assert.Equal(ContentHash.OfText("one"), hasher.OfFile(Path.Combine(_folder.Path, ".", "file")));
        Assert.Equal(3, hasher.BytesRead);
        File.WriteAllText(_folder["file"], "two");
        File.SetLastWriteTimeUtc(_folder["file"], DateTime.UnixEpoch);
        Assert.Equal(ContentHash.OfText("two"), hasher.OfFile(_folder["file"]));
        Assert.Equal(6, hasher.BytesRead);
    }

    [Fact]
    public void Reading_a_large_file_or_many_ends_when_it_is_cancelled()
    {
        using (var file = File.Create(_folder["large"]))
        {
            file.SetLength(200L << 20); // sparse
        }

        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var hasher = new InputHasher(null, stop.Token);
        Assert.Throws<OperationCanceledException>(() => hasher.OfFile(_folder["large"]));
        Assert.Throws<OperationCanceledException>(() => hasher.OfFiles("images", [("large", _folder["large"])]));
        Assert.Equal(0, hasher.BytesRead);
    }

    [Fact]
    public void A_list_of_files_keeps_each_hash_and_notes_what_cannot_be_read()
    {
        File.WriteAllText(_folder["a"], "a");
        var hasher = new InputHasher();
        var before = hasher.OfFiles("images", [("a", _folder["a"]), ("b", _folder["b"]), ("c", null)]);
        Assert.Equal([ContentHash.OfText("a"), InputHasher.Unreadable, InputHasher.Unreadable], hasher.Lists["images"].Select(f => f.Sha256));
        File.WriteAllText(_folder["b"], "b");
        Assert.NotEqual(before, hasher.OfFiles("images", [("a", _folder["a"]), ("b", _folder["b"]), ("c", null)]));
    }
}
