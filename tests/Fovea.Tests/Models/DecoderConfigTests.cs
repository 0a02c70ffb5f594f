using Fovea.Models.Configs;
using Xunit;

namespace Fovea.Tests.Models;

/// <summary>What Transformers takes a decoder's configuration to mean where it is silent, or says it in one of several ways.</summary>
public sealed class DecoderConfigTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("""{"model_type":"llama","sliding_window":8}""", 4, null)] // llama knows no window
    [InlineData("""{"model_type":"mistral"}""", 0, 4096)]
    [InlineData("""{"model_type":"mistral","sliding_window":null}""", 0, null)]
    [InlineData("""{"model_type":"mistral","sliding_window":8}""", 0, 8)]
    [InlineData("""{"model_type":"qwen2","sliding_window":8}""", 30, null)] // off unless switched on
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"sliding_window":8}""", 27, null)] // 28 layers see everything
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"sliding_window":8}""", 28, 8)]
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"sliding_window":8,"max_window_layers":0}""", 0, 8)]
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"sliding_window":8,"num_hidden_layers":2,"layer_types":["full_attention","sliding_attention"]}""", 1, 8)]
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"sliding_window":8,"num_hidden_layers":2,"layer_types":["full_attention","full_attention"]}""", 1, null)]
    public void Windows_are_those_of_transformers(string json, int layer, int? window) => Assert.Equal(window, Read(json).WindowOf(layer));

    [Theory]
    [InlineData("""{"model_type":"llama","num_attention_heads":8}""", 8, 512)]
    [InlineData("""{"model_type":"llama","num_attention_heads":8,"num_key_value_heads":null}""", 8, 512)]
    [InlineData("""{"model_type":"llama","num_attention_heads":8,"num_key_value_heads":2,"head_dim":64}""", 2, 64)]
    [InlineData("""{"model_type":"mistral","head_dim":null}""", 8, 128)]
    public void Heads_are_those_of_transformers(string json, int keyValueHeads, int headDim)
    {
        var config = Read(json);
        Assert.Equal((keyValueHeads, headDim), (config.NumKeyValueHeads, config.HeadDim));
    }

    [Theory]
    [InlineData("""{"model_type":"llama"}""", "default", 10000, 1)]
    [InlineData("""{"model_type":"llama","rope_theta":5e5,"rope_scaling":null}""", "default", 5e5, 1)]
    [InlineData("""{"model_type":"llama","rope_theta":5e5,"rope_scaling":{"type":"linear","factor":4}}""", "linear", 5e5, 4)]
    [InlineData("""{"model_type":"llama","rope_parameters":{"rope_theta":5e5,"rope_type":"linear","factor":4}}""", "linear", 5e5, 4)]
    public void Rotary_settings_are_read_from_either_place(string json, string type, double theta, double factor)
    {
        var rope = Read(json).Rope;
        Assert.Equal((type, theta, factor), (rope.Type, rope.Theta, rope.Factor));
    }

    [Theory]
    [InlineData("llama", false, false)]
    [InlineData("mistral", false, false)]
    [InlineData("qwen2", true, false)]
    public void Biases_follow_the_family(string type, bool queryKeyValue, bool output)
    {
        var config = Read($$"""{"model_type":"{{type}}"}""");
        Assert.Equal((queryKeyValue, output, false), (config.QueryKeyValueBias, config.OutputBias, config.MlpBias));
    }

    private DecoderConfig Read(string json)
    {
        File.WriteAllText(_file, json);
        return DecoderConfig.Read(_file);
    }
}
