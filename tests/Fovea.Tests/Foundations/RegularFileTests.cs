using System.Diagnostics;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Foundations;

/// <summary>What a user names is opened only if it is a regular file of a sensible size.</summary>
public sealed class RegularFileTests : IDisposable
{
    // Files of the program itself, of the kernel, and those that fovea opens to write.
    private static readonly string[] Own = ["RegularFile.cs", "IFileLayer.cs", "CheckpointFile.cs", "ShardFile.cs", "TensorBoardLog.cs", "MetricsLog.cs",
        "MemoryLimits.cs", "FolderLock.cs", "Leftovers.cs", "LibTorchSharpCompat.cs", "FusedProducts.cs"];

    // These open by RegularFile themselves.
    private static readonly string[] Checked = ["PackedFile.", "OutcomeFile.", "CheckpointFile.Open", "SafetensorsFile.Open", "TorchZipFile.Open"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pipe", "a pipe")]
    [InlineData("device", "a device")]
    [InlineData("folder", "a folder")]
    public void What_is_no_regular_file_is_refused_and_never_opened(string name, string kind)
    {
        Make(name);
        foreach (var open in new Action[]
        {
            () => RegularFile.Open(_folder[name], long.MaxValue).Dispose(), () => RegularFile.ReadAllBytes(_folder[name], long.MaxValue),
                () => RegularFile.ReadAllText(_folder[name], long.MaxValue),
            () => Assert.NotNull(RegularFile.ReadLines(_folder[name], long.MaxValue).First()), () => Core.Provenance.ContentHash.OfFile(_folder[name]),
                () => new Core.Provenance.InputHasher().OfFile(_folder[name]),
        })
        {
            var error = Assert.Throws<InvalidInputException>(open);
            Assert.Equal(_folder[name], error.File);
            Assert.Contains($"got {kind}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_beyond_its_limit_is_refused_by_both_numbers()
    {
        File.WriteAllText(_folder["file"], "twelve bytes");
        Assert.Equal("twelve bytes", RegularFile.ReadAllText(_folder["file"], 12));
        Assert.Contains("at most 11 bytes, got a file of 12", Assert.Throws<InvalidInputException>(() => RegularFile.ReadAllText(_folder["file"], 11)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Links_are_followed_and_what_is_missing_is_the_callers_to_word()
    {
        File.WriteAllText(_folder["file"], "text");
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);
        Assert.Equal("text", RegularFile.ReadAllText(_folder["link"], 100));
        Assert.Equal((true, 4L), FileStatus.Of(_folder["link"]) is { } status ? (status.IsRegular, status.Length) : default);
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);
        Assert.Null(FileStatus.Of(_folder["loop"]));
        Assert.ThrowsAny<IOException>(() => RegularFile.ReadAllText(_folder["none"], 100));
    }

    [Fact]
    public void Every_file_that_a_user_names_is_opened_as_a_regular_file()
    {
        string[] opening = ["File.OpenRead(", "File.ReadAll", "File.ReadLines(", "File.OpenHandle(", "new FileStream(", "File.Open(", "File.OpenText(",
            "new StreamReader(path"];
        var found = Sources().Where(f => !Own.Contains(Path.GetFileName(f)))
            .SelectMany(f => File.ReadLines(f).Select((line, i) => (At: $"{Path.GetFileName(f)}:{i + 1}",
                Line: line.Replace("RegularFile.", "", StringComparison.Ordinal) is var plain && plain != line ? "" : line)))
            .Where(l => opening.Any(o => l.Line.Contains(o, StringComparison.Ordinal)) && !Checked.Any(c => l.Line.Contains(c, StringComparison.Ordinal)))
            .Select(l => l.At);
        Assert.Empty(found);
        Assert.All(Own, name => Assert.Contains(Sources(),
            f => Path.GetFileName(f) == name && File.ReadLines(f).Any(l => opening.Any(o => l.Contains(o, StringComparison.Ordinal)))));
    }

    private static IEnumerable<string> Sources() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private void Make(string name)
    {
        switch (name)
        {
            case "pipe":
                using (var make = Process.Start("mkfifo", [_folder[name]]))
                {
                    make.WaitForExit();
                }

                break;
            case "device":
                File.CreateSymbolicLink(_folder[name], "/dev/zero");
                break;
            default:
                Directory.CreateDirectory(_folder[name]);
                break;
        }
    }
}
