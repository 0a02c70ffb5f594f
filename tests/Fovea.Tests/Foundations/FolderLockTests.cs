using System.Diagnostics;
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
    public void A_full_disk_is_not_taken_for_another_process()
    {
        Directory.CreateDirectory(Out);
        File.CreateSymbolicLink(Path.Combine(Out, FolderLock.FileName), "/dev/full");
        Assert.Contains("no space left on the device", Assert.Throws<FoveaException>(() => FolderLock.Take(Out)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(Out, FolderLock.FileName));
        FolderLock.Take(Out).Dispose();
    }

    [Fact]
    public void What_a_living_process_writes_stays_until_it_has_ended()
    {
        using var writer = Process.Start("sleep", "600");
        Thread.Sleep(50);
        string[] left = [_folder.File($".report.html.{writer.Id}.tmp"), _folder.File($".model.{writer.Id}.tmp/part")];
        Directory.CreateDirectory(Path.GetDirectoryName(left[1])!);
        Array.ForEach(left, l => File.WriteAllText(l, ""));
        var open = _folder.File(".open.99999999.tmp");
        using (new FileStream(open, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Leftovers.RemoveBelow(_folder.Path);
            Leftovers.RemoveOf(_folder.File("report.html"));
        }

        Assert.All(left.Append(open), l => Assert.True(File.Exists(l), l));
        writer.Kill();
        writer.WaitForExit();
        Leftovers.RemoveBelow(_folder.Path);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Leftovers_of_killed_processes_go_and_nothing_else()
    {
        Directory.CreateDirectory(_folder.File("images"));
        Directory.CreateDirectory(_folder.File(".model.99999977.tmp"));
        string[] kept = [".hidden", "a.tmp", ".x.tmp", "images/1.png"];
        string[] left = [".stage.json.99991234.tmp", "images/.1.png.99999995.tmp", ".model.99999977.tmp/part"];
        foreach (var name in kept.Concat(left))
        {
            File.WriteAllText(_folder.File(name), "");
        }

        Leftovers.RemoveBelow(_folder.Path);
        Assert.All(kept, k => Assert.True(File.Exists(_folder.File(k)), k));
        Assert.All(left, l => Assert.False(File.Exists(_folder.File(l)), l));
        Assert.False(Directory.Exists(_folder.File(".model.99999977.tmp")));
    }

    [Fact]
    public void Leftovers_of_one_file_go_unless_they_are_being_written()
    {
        File.WriteAllText(_folder.File(".out.jsonl.99999912.tmp"), "");
        File.WriteAllText(_folder.File(".other.jsonl.99999912.tmp"), "");
        using (new FileStream(_folder.File(".out.jsonl.99999913.tmp"), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Leftovers.RemoveOf(_folder.File("out.jsonl"));
        }

        Assert.Equal([".other.jsonl.99999912.tmp", ".out.jsonl.99999913.tmp"],
            Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
