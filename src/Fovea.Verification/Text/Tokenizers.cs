using Fovea.Data.Tokenizers;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Text;

/// <summary>
/// Loads the tokenizers that text references name, each once. Their files have names of their own; they are laid out as a model's folder has them.
/// </summary>
internal sealed class Tokenizers(InputFiles inputs) : IDisposable
{
    private readonly Dictionary<string, Tokenizer> _loaded = [];
    private readonly List<string> _folders = [];

    /// <summary>
    /// The tokenizer of a specification: <c>tokenizer_json</c>, <c>sentencepiece</c> with <c>legacy</c>, or <c>vocabulary</c> and
    /// <c>merges</c>; with tokens to add.
    /// </summary>
    /// <param name="spec">The specification.</param>
    /// <param name="folders">Where <c>tokenizers/...</c> lies.</param>
    public Tokenizer Load(JsonElement spec, params IReadOnlyList<string> folders)
    {
        var key = spec.GetRawText() + string.Join('\n', folders);
        if (_loaded.TryGetValue(key, out var loaded))
        {
            return loaded;
        }

        var tokenizer = Tokenizer.Load(LayOut(spec, folders));
        foreach (var added in spec.Try("added") is not null ? spec.List("added") : [])
        {
            tokenizer = tokenizer.WithAdded(added.Text("content"), added.Int("id"));
        }

        return _loaded[key] = tokenizer;
    }

    /// <summary>The folder that a tokenizer's <c>tokenizer.json</c> lies in.</summary>
    public string FolderOf(JsonElement spec, IReadOnlyList<string> folders) => Path.GetDirectoryName(inputs.Find(spec.Text("tokenizer_json"), folders))!;

    public void Dispose()
    {
        foreach (var folder in _folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string LayOut(JsonElement spec, IReadOnlyList<string> folders)
    {
        var folder = Directory.CreateTempSubdirectory("fovea-tokenizer-").FullName;
        _folders.Add(folder);
        void Put(string source, string name) => File.Copy(inputs.Find(source, folders), Path.Combine(folder, name));
        void Config(JsonObject config) => File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString());
        if (spec.Try("tokenizer_json") is not null)
        {
            var json = spec.Text("tokenizer_json");
            Put(json, "tokenizer.json");
            var config = Path.Combine(FolderOf(spec, folders), "tokenizer_config.json");
            if (File.Exists(config))
            {
                File.Copy(config, Path.Combine(folder, "tokenizer_config.json"));
            }
        }
        else if (spec.Try("sentencepiece") is not null)
        {
            Put(spec.Text("sentencepiece"), "tokenizer.model");
            Config(new JsonObject { ["tokenizer_class"] = "LlamaTokenizer", ["legacy"] = spec.Try("legacy") is null || spec.Flag("legacy") });
        }
        else if (spec.Try("vocabulary") is not null)
        {
            Put(spec.Text("vocabulary"), "vocab.json");
            Put(spec.Text("merges"), "merges.txt");
            Config(new JsonObject { ["tokenizer_class"] = "GPT2Tokenizer" });
        }
        else
        {
            throw new ReferenceException("a tokenizer names neither tokenizer_json nor sentencepiece nor vocabulary");
        }

        return folder;
    }
}
