using System.IO.Compression;
using System.Text;
using Fovea.Evaluation;
using Fovea.Evaluation.Answers;

namespace Fovea.Tests.Evaluation.Answers;

/// <summary>Answer files of a test, in a folder that is removed after it.</summary>
internal sealed class AnswerFiles : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("fovea-answers-").FullName;

    public string Write(string name, params string[] lines)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
        using var file = File.Create(path);
        using Stream stream = Path.GetExtension(name) switch
        {
            ".gz" => new GZipStream(file, CompressionLevel.Fastest),
            ".zst" => new ZstdSharp.CompressionStream(file),
            _ => file,
        };
        stream.Write(bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Scores by a benchmark's name, as the command does.</summary>
    public static AnswerScore Score(string benchmark, string parser, params (string Input, string Path)[] inputs) =>
        AnswerBenchmarks.BuiltIn.Get(benchmark).Score(new AnswerSources(inputs.ToDictionary(i => i.Input, i => i.Path), parser));
}
