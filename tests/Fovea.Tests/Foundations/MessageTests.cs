using System.Text;
using Fovea.Core.Errors;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class MessageTests
{
    [Theory]
    [InlineData("scroe", "score")]
    [InlineData("vgi", "vig")]
    [InlineData("prioir", "prior")]
    [InlineData("zebra", null)]
    [InlineData("x", null)]
    public void The_nearest_name_is_a_slip_or_two_away(string typed, string? meant) =>
        Assert.Equal(meant, NearestName.Of(typed, ["score", "vig", "prior", "train"]));

    [Fact]
    public void A_message_is_a_line_to_read_however_long_its_values_are()
    {
        var message = new InvalidInputException("tokenizer.json", null, $"added token \"{new string('a', 5_000_000)}\" is given twice; remove one").Message;
        Assert.InRange(message.Length, 200, 500);
        Assert.StartsWith("tokenizer.json: added token \"aaa", message, StringComparison.Ordinal);
        Assert.EndsWith("is given twice; remove one", message, StringComparison.Ordinal);
        Assert.Contains("characters)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_many_words_keeps_its_beginning_and_what_to_do()
    {
        var message = new FoveaException($"some file: {string.Concat(Enumerable.Repeat("name, ", 10_000))}; remove them").Message;
        Assert.InRange(message.Length, 1000, 2100);
        Assert.StartsWith("some file: name, ", message, StringComparison.Ordinal);
        Assert.EndsWith("; remove them", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_error_names_the_file_and_not_its_neighbour_that_is_written_first() =>
        Assert.Equal("/mnt/out/report.html: the file system is read-only; give another path", DiskError.InWords(new IOException("Read-only file system : '/mnt/out/.report.html.4683.tmp'", 30)));

    [Fact]
    public void A_cut_never_falls_within_a_character()
    {
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true); // throws on half a character
        foreach (var offset in new[] { "", "a" })
        {
            var text = offset + string.Concat(Enumerable.Repeat("\U0001F600", 3000));
            var words = offset + string.Concat(Enumerable.Repeat("\U0001F600\U0001F600 a ", 1000));
            Assert.All(new[] { Quoted.Shorten(text), Quoted.Message(text), Quoted.Message(words) }, s => Assert.InRange(strict.GetBytes(s).Length, 1, 8000));
        }
    }

    [Fact]
    public void Every_failure_has_one_line_for_the_command_line_and_for_workers()
    {
        foreach (var (expected, error) in new (string, Exception)[]
        {
            ("as it is", new FoveaException("as it is")),
            ("reading or writing failed: no space left on the device", new IOException("No space left on device", 28)),
            ("train: not enough memory", new InsufficientMemoryException("a\nb")),
            ("a library that Fovea needs cannot be loaded (Some.Library)", new FileNotFoundException("x", "Some.Library, Version=1.0")),
            ("a library that Fovea needs cannot be loaded (no native code)", new TypeInitializationException("X", new DllNotFoundException("no native code"))),
            ("a fault of fovea's own: InvalidOperationException: first (", new InvalidOperationException("first\nsecond")),
        })
        {
            var line = FailureLine.Of(error, "train", "free memory");
            Assert.StartsWith(expected, line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line);
            Assert.Equal(error is not InvalidOperationException, FailureLine.IsForeseen(error));
        }
    }

    [Fact]
    public void A_failure_of_the_disk_names_the_path_and_says_what_to_do()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-test-").FullName;
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        var below = Path.Combine(file, "below");
        try
        {
            foreach (var (expected, act) in new (string, Action)[]
            {
                ($"{file}: already exists and is a file", () => Directory.CreateDirectory(file)),
                ($"{folder}: a folder that cannot be opened", () => File.WriteAllText(folder, "")),
                ("where: not found", () => File.ReadAllText(Path.Combine(folder, "no", "where"))),
                ("/proc/fovea: ", () => File.WriteAllText("/proc/fovea", "")),
                ("too long", () => File.WriteAllText(Path.Combine(folder, new string('a', 300)), "")),
                (below, () => File.WriteAllText(below, "")),
                (below, () => Directory.CreateDirectory(below)),
                ("/dev/full: no space left on the device", () => File.WriteAllText("/dev/full", "x")),
            })
            {
                var said = DiskError.InWords(Assert.ThrowsAny<Exception>(act));
                Assert.Contains(expected, said, StringComparison.Ordinal);
                Assert.DoesNotContain("Access to the path", said, StringComparison.Ordinal);
                Assert.DoesNotContain("Could not find", said, StringComparison.Ordinal);
                Assert.Contains("; ", said, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
