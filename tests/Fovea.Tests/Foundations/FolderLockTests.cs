using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class FolderLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Out => _folder.File("a/b");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_holder_is_refused_by_the_first_ones_number_until_it_lets_go()
    {
        using (FolderLock.Take(Out))
        {
            var error = Assert.Throws<FoveaException>(() => FolderLock.Take(Out));
            Assert.Contains($"({Environment.ProcessId})", error.Message, StringComparison.Ordinal);
            Assert.StartsWith(Out, error.Message, StringComparison.Ordinal);
        }

        using var again = FolderLock.Take(Out);
    }

    [Fact]
    public async Task One_that_ends_soon_is_waited_for()
    {
        var first = FolderLock.Take(Out);
        var second = Task.Run(() => FolderLock.Take(Out, TimeSpan.FromMinutes(1)), TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused_in_one_line()
    {
        File.WriteAllText(_folder.File("file"), "");
        var error = Assert.Throws<FoveaException>(() => FolderLock.Take(_folder.File("file/below")));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Leftovers_of_killed_processes_go_and_nothing_else()
    {
        Directory.CreateDirectory(_folder.File("images"));
        Directory.CreateDirectory(_folder.File(".model.77.tmp"));
        string[] kept = [".hidden", "a.tmp", ".x.tmp", "images/1.png"];
        string[] left = [".stage.json.1234.tmp", "images/.1.png.5.tmp", ".model.77.tmp/part"];
        foreach (var name in kept.Concat(left))
        {
            File.WriteAllText(_folder.File(name), "");
        }

        Leftovers.RemoveBelow(_folder.Path);
        Assert.All(kept, k => Assert.True(File.Exists(_folder.File(k)), k));
        Assert.All(left, l => Assert.False(File.Exists(_folder.File(l)), l));
        Assert.False(Directory.Exists(_folder.File(".model.77.tmp")));
    }

    [Fact]
    public void Leftovers_of_one_file_go_unless_they_are_being_written()
    {
        File.WriteAllText(_folder.File(".out.jsonl.12.tmp"), "");
        File.WriteAllText(_folder.File(".other.jsonl.12.tmp"), "");
        using (new FileStream(_folder.File(".out.jsonl.13.tmp"), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Leftovers.RemoveOf(_folder.File("out.jsonl"));
        }

        Assert.Equal([".other.jsonl.12.tmp", ".out.jsonl.13.tmp"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
