using Fovea.Core.Files;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AtomicFileTests() => AtomicFile.WriteText(File, "old");

    private string File => _folder.File("a.txt");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_nothing_beside_it()
    {
        Assert.Throws<IOException>(() => AtomicFile.WriteText(File, "new and longer", new FaultyFiles { FreeBytes = 5 }));
        Assert.Equal("old", System.IO.File.ReadAllText(File));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_read_only_disk_leaves_the_old_file()
    {
        Assert.Throws<IOException>(() => AtomicFile.WriteText(File, "new", new FaultyFiles { ReadOnly = true }));
        Assert.Equal("old", System.IO.File.ReadAllText(File));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_crash_while_writing_leaves_the_old_file(int bytes)
    {
        Assert.Throws<FaultyFiles.Crash>(() => AtomicFile.WriteText(File, "new", new FaultyFiles { BytesBeforeCrash = bytes }));
        Assert.Equal("old", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_crash_before_the_rename_leaves_the_old_file_and_a_later_write_succeeds()
    {
        Assert.Throws<FaultyFiles.Crash>(() => AtomicFile.WriteText(File, "new", new FaultyFiles { MovesBeforeCrash = 0 }));
        Assert.Equal("old", System.IO.File.ReadAllText(File));
        AtomicFile.WriteText(File, "newer");
        Assert.Equal("newer", System.IO.File.ReadAllText(File));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_folder_moves_to_a_free_name()
    {
        var disk = DiskFiles.Instance;
        disk.CreateFolder(_folder.File("aside"));
        disk.Move(_folder.File("aside"), _folder.File("there"));
        Assert.True(Directory.Exists(_folder.File("there")));
        disk.Delete(_folder.File("there"));
        disk.Delete(_folder.File("there"));
        Assert.False(Directory.Exists(_folder.File("there")));
    }
}
