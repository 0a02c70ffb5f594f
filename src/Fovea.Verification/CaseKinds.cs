using Fovea.Verification.EndToEnd;
using Fovea.Verification.Fixtures;
using Fovea.Verification.Images;
using Fovea.Verification.Models;
using Fovea.Verification.Text;
using Fovea.Verification.Training;

namespace Fovea.Verification;

/// <summary>Which kinds of cases there are, and what runs each. Holds what cases share: tokenizers that were loaded.</summary>
internal sealed class CaseKinds(InputFiles inputs) : IDisposable
{
    private readonly Tokenizers _tokenizers = new(inputs);

    public static FoundCase Folder(string folder, string name, string kind, JsonElement json)
    {
        Action<FixtureFolder, Checks.CheckList>? run = kind switch
        {
            "decoder" => DecoderCase.Run,
            "tower" => TowerCase.Run,
            "llava" => LlavaCase.Run,
            "solo" => SoloCase.Run,
            "openqwen2vl" => OpenQwen2VlCase.Run,
            "endtoend" => EndToEndCase.Run,
            "training" => TrainingCase.Run,
            _ => null,
        };
        return run is null ? Unknown(name, kind) : new FoundCase(name, kind, checks =>
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            using var fixture = new FixtureFolder(folder, json);
            run(fixture, checks);
        });
    }

    /// <summary>A case that stands in an index: of images.</summary>
    public FoundCase Indexed(string folder, string name, string kind, JsonElement entry, JsonElement index)
    {
        var images = new ImageFixture(folder, entry, index, inputs);
        Action<ImageFixture, Checks.CheckList>? run = kind switch
        {
            "decode" => DecodeCase.Run,
            "resize" => ResizeCase.Run,
            "geometry" => GeometryCase.Run,
            "processor" => ProcessorCase.Run,
            "blur" => BlurCase.Run,
            "proxy" => ProxyCase.Run,
            _ => null,
        };
        return run is null ? Unknown(name, kind) : new FoundCase(name, kind, checks => run(images, checks));
    }

    /// <summary>Whether a file of this kind holds text cases.</summary>
    public static bool IsText(string kind) => kind is "encode" or "chat" or "invalid_records";

    public IEnumerable<FoundCase> TextFile(string path, string name, string kind, JsonElement json)
    {
        var text = new TextFixture(path, name, json, _tokenizers);
        try
        {
            return kind switch
            {
                "encode" => EncodeCases.Find(text).ToList(),
                "chat" => ChatCases.Find(text).ToList(),
                "invalid_records" => InvalidRecordCases.Find(text).ToList(),
                _ => [Unknown(name, kind)],
            };
        }
        catch (Checks.ReferenceException e)
        {
            return [FoundCase.Broken(name, kind, e.Message)];
        }
    }

    public void Dispose() => _tokenizers.Dispose();

    private static FoundCase Unknown(string name, string kind) => FoundCase.Broken(name, kind,
        $"a case of the unknown kind \"{kind}\"; known are decoder, tower, llava, solo, openqwen2vl, training, endtoend, decode, resize, geometry, processor, "
            + $"blur, proxy, encode, chat and invalid_records");
}
